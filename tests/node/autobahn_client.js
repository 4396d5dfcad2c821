// One conversation partner with autobahn-js. Prints a JSON line per step; the environment says where and who.
const autobahn = require('autobahn')

const { URL, TICKET, ME, OTHER, SERIALIZER, CLIENT_ID } = process.env
const say = (step, data) => console.log(JSON.stringify({ step, data }))
const serializers = {
  json: () => new autobahn.serializer.JSONSerializer(),
  msgpack: () => new autobahn.serializer.MsgpackSerializer(),
  cbor: () => new autobahn.serializer.CBORSerializer(),
}

const connection = new autobahn.Connection({
  url: URL,
  realm: 'chatr',
  authmethods: ['ticket'],
  authid: ME,
  onchallenge: () => TICKET,
  serializers: [serializers[SERIALIZER]()],
  max_retries: 0,
})

connection.onopen = async (session, details) => {
  try {
    say('welcome', { authid: details.authid, authrole: details.authrole })
    const heard = new Promise((resolve) => {
      session.subscribe('chatr', (args, kwargs, event) => event.topic === 'chatr.message.received' && resolve(kwargs), {
        match: 'prefix',
      })
    })
    await session.subscribe('chatr.message.status', () => {})
    const sent = await session.call('chatr.message.send', [], { recipientId: OTHER, content: 'from js', clientId: CLIENT_ID })
    say('sent', sent.kwargs ?? sent)
    say('received', await heard)
    try {
      await session.call('chatr.message.send', [], { recipientId: OTHER, content: '', clientId: CLIENT_ID })
    } catch (error) {
      say('error', { uri: error.error, kwargs: error.kwargs })
    }
    connection.close()
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
}
connection.onclose = (reason, details) => {
  say('closed', { reason, by: details.reason })
  process.exitCode = reason === 'closed' ? 0 : 1
  return true
}
connection.open()
