// One conversation partner with wampy.js. Prints a JSON line per step; the environment says where and who.
const { URL, TICKET, ME, OTHER, SERIALIZER, CLIENT_ID } = process.env
const say = (step, data) => console.log(JSON.stringify({ step, data }))

async function main() {
  const { default: Wampy } = await import('wampy')
  const { default: ws } = await import('ws')
  const name = { json: 'Json', msgpack: 'Msgpack', cbor: 'Cbor' }[SERIALIZER]
  const module = await import(`wampy/${name}Serializer.js`)
  const Serializer = module[`${name}Serializer`] ?? module.default
  const client = new (Wampy.Wampy ?? Wampy)(URL, {
    ws: ws,
    realm: 'chatr',
    authid: ME,
    authmethods: ['ticket'],
    onChallenge: () => TICKET,
    serializer: new Serializer(),
    autoReconnect: false,
  })
  const welcome = await client.connect()
  say('welcome', { authid: welcome.authid, authrole: welcome.authrole })
  let resolve
  const heard = new Promise((done) => (resolve = done))
  await client.subscribe('chatr.message.received', (event) => resolve(event.argsDict))
  await client.subscribe('chatr', () => {}, { match: 'prefix' })
  const sent = await client.call('chatr.message.send', { argsDict: { recipientId: OTHER, content: 'from js', clientId: CLIENT_ID } })
  say('sent', sent.argsDict)
  say('received', await heard)
  try {
    await client.call('chatr.message.send', { argsDict: { recipientId: OTHER, content: '', clientId: CLIENT_ID } })
  } catch (error) {
    say('error', { uri: error.errorUri ?? error.error, kwargs: error.argsDict })
  }
  await client.disconnect()
  say('closed', {})
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
