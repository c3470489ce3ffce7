// The client that the official suite drives: it hands the scenario's server to a running Portway, and waits for what
// comes of it. What is under test is Portway as a client.
const [driver, server] = process.argv.slice(2)
const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_CONTEXT: context = '{}' } = process.env
const answer = await fetch(driver, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ server, scenario, context: JSON.parse(context) }),
})
const said = await answer.text()
if (!answer.ok) {
  console.error(said)
  process.exit(1)
}
