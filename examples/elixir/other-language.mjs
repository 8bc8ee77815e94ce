// The client of other-language.ts on the npm package zeromq, which is libzmq: other-language.mjs ENDPOINT

import { Request } from 'zeromq';

const socket = new Request();
socket.connect(process.argv[2]);
await socket.send('hello from libzmq');
const [reply] = await socket.receive();
console.log(String(reply));
socket.close();
