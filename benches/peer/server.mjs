// The peer that the sessions bench is held against: the stack that a team would otherwise take. Express and Socket.io on one
// Node process, WebSocket alone, no compression. Each client brings its AES-256-GCM key when it connects (ours agrees on one by
// HPKE); each frame is opened by WebCrypto, checked to be the next of its socket, and acked by Socket.io's own ack. Nothing is kept.

import { createServer } from "node:http";
import { webcrypto } from "node:crypto";
import express from "express";
import { Server } from "socket.io";

const PREFIX_BYTES = 23;
const { subtle } = webcrypto;

const app = express();
app.disable("x-powered-by");
app.get("/health", (_request, response) => response.send("ok"));

const http = createServer(app);
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });

io.use(async (socket, next) => {
  try {
    const raw = Buffer.from(socket.handshake.auth.key, "base64");
    socket.data.key = await subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    socket.data.next = 0n;
    next();
  } catch {
    next(new Error("no key"));
  }
});

io.on("connection", (socket) => {
  socket.on("frame", async (message, ack) => {
    const prefix = message.subarray(0, PREFIX_BYTES);
    const seq = prefix.readBigUInt64BE(3);
    const iv = new Uint8Array(12);
    iv.set(prefix.subarray(3, 11), 4);
    try {
      const key = socket.data.key;
      await subtle.decrypt({ name: "AES-GCM", iv, additionalData: prefix }, key, message.subarray(PREFIX_BYTES));
    } catch {
      socket.disconnect(true);
      return;
    }
    if (seq >= socket.data.next) socket.data.next = seq + 1n;
    ack();
  });
});

http.listen({ port: 0, host: "127.0.0.1", backlog: 8192 }, () => {
  console.log(JSON.stringify({ port: http.address().port }));
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
