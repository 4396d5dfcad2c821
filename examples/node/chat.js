#!/usr/bin/env node
// Two people with clients of different makes hold a conversation: ann with autobahn-js, ben with wampy.
// usage: npm install && node chat.js [http://127.0.0.1:8080 [data directory of the server]]
const autobahn = require('autobahn')
const { Wampy } = require('wampy')
const WebSocket = require('ws')
const { randomUUID } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

const url = process.argv[2] ?? 'http://127.0.0.1:8080'
// Mail holds codes: the server shows it to those who can read this file.
const mailKey = join(process.argv[3] ?? join(__dirname, '..', '..', 'chatr-data'), 'mail.key')
const socket = url.replace(/^http/, 'ws') + '/ws'

async function rest(path, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) }
  const answer = await fetch(`${url}/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const content = await answer.json()
  if (!answer.ok) throw new Error(`${path}: ${content.code}: ${content.detail}`)
  return content
}

// Registers somebody, reads the code from the development mailbox, and gets a ticket that opens one WAMP session.
async function person(name) {
  const username = name + randomUUID().slice(0, 8)
  const email = `${username}@example.org`
  const { userId } = await rest('/auth/register', { username, email, password: `Correct-horse-${username}` })
  const headers = { Authorization: `Bearer ${readFileSync(mailKey, 'utf8')}` }
  const mailbox = await (await fetch(`${url}/dev/mail.json`, { headers })).json()
  if (!mailbox.items) throw new Error(`/dev/mail.json: ${mailbox.code}: ${mailbox.detail}`)
  const mails = mailbox.items
  const code = mails.find((mail) => mail.to === email).text.match(/\b\d{6}\b/)[0]
  const session = await rest('/auth/verify-email', { userId, code })
  return { id: userId, ticket: (await rest('/auth/ticket', {}, session.accessToken)).ticket }
}

function openAutobahn(ann) {
  return new Promise((resolve, reject) => {
    const connection = new autobahn.Connection({
      url: socket,
      realm: 'chatr',
      authmethods: ['ticket'],
      authid: ann.id,
      onchallenge: () => ann.ticket,
      max_retries: 0,
    })
    connection.onopen = (session) => resolve({ connection, session })
    connection.onclose = (reason, details) => reject(new Error(`${reason}: ${details.message}`))
    connection.open()
  })
}

async function openWampy(ben) {
  const client = new Wampy(socket, {
    ws: WebSocket,
    realm: 'chatr',
    authid: ben.id,
    authmethods: ['ticket'],
    onChallenge: () => ben.ticket,
  })
  await client.connect()
  return client
}

async function main() {
  const [ann, ben] = await Promise.all([person('ann'), person('ben')])
  const { connection, session } = await openAutobahn(ann)
  const wampy = await openWampy(ben)
  const annHears = new Promise((resolve) => {
    session.subscribe('chatr.message.received', (args, event) => resolve(event.message))
  })
  // A prefix without a trailing dot: wampy refuses one.
  await wampy.subscribe('chatr.message', () => {}, { match: 'prefix' })
  const benHears = new Promise((resolve) => {
    wampy.subscribe('chatr.message.received', (event) => resolve(event.argsDict.message))
  })
  await session.call('chatr.user.me', [], {})
  await wampy.call('chatr.user.me')

  const hello = { recipientId: ben.id, content: 'Hello from autobahn-js', clientId: randomUUID() }
  await session.call('chatr.message.send', [], hello)
  console.log('ben heard:', (await benHears).content)
  const answer = { recipientId: ann.id, content: 'Hello from wampy', clientId: randomUUID() }
  await wampy.call('chatr.message.send', { argsDict: answer })
  console.log('ann heard:', (await annHears).content)

  connection.close()
  await wampy.disconnect()
}

main().catch((error) => {
  console.error(`chat.js: ${error.message}${error.cause ? `: ${error.cause.message}` : ''}`)
  process.exit(1)
})
