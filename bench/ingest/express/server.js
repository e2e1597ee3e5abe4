// The peer of `bench ingest`: verifies the signature over the raw body, inserts one row with a unique
// key in a transaction of its own, answers 200. It neither seals what it stores nor asks a plugin.
const crypto = require('node:crypto');
const express = require('express');
const mysql = require('mysql2/promise');

const secret = process.env.PEER_SECRET;

async function main() {
  const pool = mysql.createPool({
    socketPath: process.env.PEER_SOCKET,
    user: process.env.PEER_USER,
    password: process.env.PEER_PASSWORD,
    database: process.env.PEER_DATABASE,
    connectionLimit: 10,
  });
  await pool.execute(
    'CREATE TABLE IF NOT EXISTS peer_event (id CHAR(36) NOT NULL PRIMARY KEY, ' +
      'dedupe_key CHAR(64) NOT NULL UNIQUE, body LONGBLOB NOT NULL, received_at DATETIME(3) NOT NULL)',
  );
  const app = express();
  app.disable('x-powered-by');
  app.use(express.raw({ type: '*/*', limit: '2mb' }));
  app.post('/webhook', async (request, response) => {
    const expected = crypto.createHmac('sha256', secret).update(request.body).digest();
    const given = Buffer.from(request.get('X-Checkr-Signature') ?? '', 'hex');
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
      return response.status(401).json({ error: 'unauthorized' });
    }
    const event = JSON.parse(request.body.toString('utf8'));
    const key = crypto.createHash('sha256').update(event.id).digest('hex');
    try {
      await pool.execute(
        'INSERT INTO peer_event (id, dedupe_key, body, received_at) VALUES (?, ?, ?, NOW(3)) ' +
          'ON DUPLICATE KEY UPDATE id = id',
        [crypto.randomUUID(), key, request.body],
      );
      return response.json({ received: true });
    } catch {
      return response.status(503).end();
    }
  });
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}

main();
