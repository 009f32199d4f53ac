// Makes a builder of its own of a dockerd: what asks for BuildKit at SOCKET gets the one inside DAEMON,
// which dockerd passes on at /grpc.
//   node own_builder.js DAEMON SOCKET
// Needs node. Ends when it is told to.
const http = require("http")
const net = require("net")

const [daemon, socket] = process.argv.slice(2)

const pass_on = client => {
  const headers = { Connection: "Upgrade", Upgrade: "h2c" }
  const request = http.request({ socketPath: daemon, path: "/grpc", method: "POST", headers })
  request.on("error", () => client.destroy())
  request.on("upgrade", (answer, stream, first) => {
    stream.on("error", () => client.destroy())
    client.on("error", () => stream.destroy())
    client.write(first)
    client.pipe(stream).pipe(client)
  })
  request.end()
}

net.createServer({ allowHalfOpen: true }, pass_on).listen(socket)
