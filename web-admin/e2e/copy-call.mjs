// Copies the one call that a Portway has stored, into its past: so many that making them would take minutes.
//
//   node copy-call.mjs <SQLite file> <how many copies>
import { DatabaseSync } from 'node:sqlite'

const [file, copies] = process.argv.slice(2)
const database = new DatabaseSync(file, { timeout: 10_000 })
/** Several in the same moment: where a page of the list ends among them, none is to be left out, and none told twice. */
const AT_ONCE = 7
const OTHERWISE = {
  id: "CAST(substr(id, 1, 12) || unhex(printf('%08x', n)) AS BLOB)",
  // In microseconds, as the program writes it.
  started_at: `strftime('%Y-%m-%dT%H:%M:%f001+00:00', started_at, format('-%d seconds', 1 + n / ${AT_ONCE}))`,
}
const columns = database
  .prepare("SELECT name FROM pragma_table_info('call_records')")
  .all()
  .map(({ name }) => name)
const values = columns.map(name => OTHERWISE[name] ?? name)
database.exec(`
  WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${Number(copies)})
  INSERT INTO call_records (${columns}) SELECT ${values} FROM (SELECT * FROM call_records LIMIT 1), numbers`)
database.close()
