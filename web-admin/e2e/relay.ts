//! Small HTTP servers of the stories that hand requests on, streaming both ways.

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type ServerResponse,
} from 'node:http'

/** Listens on a free port of loopback. */
export async function listen(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise(done => server.once('listening', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on a port')
  const stop = async () => {
    const closed = new Promise(done => server.close(done))
    server.closeAllConnections()
    await closed
  }
  return { port: address.port, stop }
}

/** What stands in front of several nodes: each request goes to the next one. A client that stays with one node would never
 * show whether they share their sessions. */
export async function startFront() {
  let nodes: readonly number[] = []
  let turn = 0
  const { port, stop } = await listen((incoming, outgoing) => {
    const node = nodes[turn++ % nodes.length]
    if (node === undefined) outgoing.writeHead(503).end()
    else pass(`http://127.0.0.1:${node}${incoming.url}`, incoming, outgoing)
  })
  /** To the nodes at these ports, from now on. */
  const lead = (ports: readonly number[]) => {
    nodes = ports
  }
  return { port, stop, lead }
}

/** Hands a request on, and the answer back. */
export function pass(
  to: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  headers: OutgoingHttpHeaders = incoming.headers,
) {
  // No connection is kept: each request is on its own.
  const onward = request(to, { method: incoming.method, headers, agent: false }, answer => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    outgoing.flushHeaders()
    answer.pipe(outgoing)
  })
  onward.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()))
  // Whoever hangs up cancels the call.
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}
