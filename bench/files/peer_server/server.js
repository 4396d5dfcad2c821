'use strict';
// What most would write for files in the yardstick's stack: Express, Multer with disk storage, one statement of SQL each.
// Like the yardstick's own peer it is lean: no scanning, no fsync, no digest, no quota.
// env: PORT PG SECRET FOLDER
const express = require('express'), multer = require('multer'), { Pool } = require('pg'), jwt = require('jsonwebtoken');
const { createSecretKey, randomUUID } = require('crypto'), path = require('path');
const { PORT, PG, SECRET, FOLDER } = process.env;
const pool = new Pool({ connectionString: PG, max: 10, idleTimeoutMillis: 0 });
// A KeyObject: jsonwebtoken first tries to make a public key of a string, which costs half a millisecond.
const KEY = createSecretKey(Buffer.from(SECRET));
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const upload = multer({
  storage: multer.diskStorage({ destination: FOLDER, filename: (request, file, done) => done(null, randomUUID()) }),
  limits: { fileSize: +process.env.MAX_BYTES || 50 * 1024 * 1024, files: 1 },
});

function signedIn(request, response, next) {
  try {
    request.userId = jwt.verify((request.headers.authorization || '').slice(7), KEY, { algorithms: ['HS256'] }).sub;
  } catch {
    return response.status(401).json({ error: 'unauthorized' });
  }
  next();
}

const app = express();
app.disable('x-powered-by');

app.post('/api/files', signedIn, upload.single('file'), async (request, response) => {
  const { filename: id, originalname: name, size, mimetype: type } = request.file;
  await pool.query({
    name: 'insert',
    text: 'INSERT INTO files (id, owner_id, conversation_id, name, size, type) VALUES ($1, $2, $3, $4, $5, $6)',
    values: [id, request.userId, request.body.conversationId || null, name, size, type],
  });
  response.status(201).json({ id, name, size, mimeType: type, url: `/api/files/${id}` });
});

app.get('/api/files/:id', signedIn, async (request, response) => {
  const { id } = request.params;
  if (!UUID.test(id)) return response.status(400).json({ error: 'invalid' });
  const found = await pool.query({
    name: 'select',
    text: `SELECT f.name, f.type FROM files f
            WHERE f.id = $1 AND (f.owner_id = $2 OR EXISTS (
              SELECT FROM members m WHERE m.conversation_id = f.conversation_id AND m.user_id = $2))`,
    values: [id, request.userId],
  });
  if (!found.rowCount) return response.status(404).json({ error: 'not_found' });
  const { name, type } = found.rows[0];
  response.type(type);
  response.attachment(name);
  response.sendFile(path.join(FOLDER, id), { cacheControl: false });
});

app.listen(+PORT, '127.0.0.1', 512, () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
