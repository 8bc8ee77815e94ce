/** PLAIN against libzmq: both roles, both directions, and those who are refused. */

import t from 'tap';
import type { Authenticate } from '../../src/index.ts';
import {
  converse,
  failure,
  join,
  PeerHandler,
  type Roles,
  withPeers,
} from '../support/interop/secured.ts';
import { transportsOf } from '../support/interop.ts';

const ROLES: Roles = {
  server: { plainServer: true, zapDomain: 'global' },
  client: { plainUsername: 'admin', plainPassword: 'secret' },
};

const passwords: Authenticate = ({ credentials: [user, password] }) =>
  String(user) === 'admin' && String(password) === 'secret'
    ? { status: 200, userId: 'root' }
    : { status: 400 };

withPeers(t, async (t, peer) => {
  await t.test('nobody to judge, at either end', async (t) => {
    const one = await join(t, peer, ROLES, 'server', 'we', 'tcp');
    t.equal(await failure(one.log), 'other EFAULT');
    await one.theirs.close();
    // libzmq 4.3.4 closes, or now and then does nothing: then our own time limit ends the handshake.
    const patience = { handshakeInterval: 2000 };
    const other = await join(t, peer, ROLES, 'client', 'libzmq', 'tcp', patience);
    t.match(await failure(other.log), /^other (ECONNRESET|ERR_ZMTP_HANDSHAKE_TIMEOUT)$/);
    await other.theirs.event('handshake:error:other');
    await other.theirs.close();
  });

  const handler = await PeerHandler.open(peer);
  for (const transport of transportsOf(peer.implementation)) {
    for (const binder of ['we', 'libzmq'] as const) {
      t.test(`${transport}, our server, ${binder} bind`, async (t) => {
        const options = { authenticate: passwords, keepPeers: true };
        const { socket, theirs } = await join(t, peer, ROLES, 'server', binder, transport, options);
        const message = await converse(t, socket, theirs);
        t.equal(socket.peerOf(message)?.userId, 'root');
        await theirs.close();
      });
      t.test(`${transport}, our client, ${binder} bind`, async (t) => {
        const asking = handler.answer('200');
        const { socket, theirs } = await join(t, peer, ROLES, 'client', binder, transport);
        const [domain, address, ...rest] = (await asking).map(String);
        // Over ipc libzmq names the process instead: localhost:uid:gid:pid.
        t.match(address, transport === 'ipc' ? /^(localhost:\d+:\d+:\d+)?$/ : /^127\.0\.0\.1$/);
        t.same([domain, ...rest], ['global', '', 'PLAIN', 'admin', 'secret']);
        await converse(t, socket, theirs);
        await theirs.close();
      });
    }
  }

  t.test('our server refuses a wrong password', async (t) => {
    const roles = { ...ROLES, client: { ...ROLES.client, plainPassword: 'wrong' } };
    const options = { authenticate: passwords };
    const { socket, log, theirs } = await join(t, peer, roles, 'server', 'we', 'tcp', options);
    t.equal(await failure(log), 'auth 400');
    // Libzmq's PLAIN client knows no ERROR but its own misspelt one.
    t.equal(await theirs.event('handshake:error:protocol'), 'ERR_ZMTP_UNEXPECTED_COMMAND');
    t.equal(socket.readable, false);
    await theirs.close();
  });

  for (const status of ['300', '400', '500']) {
    t.test(`our client is refused with ${status}`, async (t) => {
      const asking = handler.answer(status);
      const roles = { ...ROLES, server: { ...ROLES.server, handshakeInterval: 300 } };
      const { socket, log, theirs } = await join(t, peer, roles, 'client', 'libzmq', 'tcp');
      await asking;
      // After 300 libzmq says nothing, and closes when the handshake has taken too long.
      t.equal(await failure(log), status === '300' ? 'other ECONNRESET' : `auth ${status}`);
      t.equal(await theirs.event('handshake:error:auth'), Number(status));
      socket.close();
      await theirs.close();
    });
  }

  t.test('NULL in a domain is judged, too', async (t) => {
    const roles: Roles = { server: { zapDomain: 'global' }, client: {} };
    for (const status of [200, 400] as const) {
      const options = { authenticate: () => ({ status }) };
      const one = await join(t, peer, roles, 'server', 'we', 'tcp', options);
      const asking = handler.answer(`${status}`);
      const other = await join(t, peer, roles, 'client', 'libzmq', 'tcp');
      t.same((await asking).map(String), ['global', '127.0.0.1', '', 'NULL']);
      for (const { socket, log, theirs } of [one, other]) {
        if (status === 200) {
          await converse(t, socket, theirs);
        } else {
          t.equal(await failure(log), 'auth 400');
          t.equal(await theirs.event('handshake:error:auth'), 400);
        }
        await theirs.close();
      }
    }
  });

  t.test('a NULL peer at either end, and two servers', async (t) => {
    const cases: [Roles, 'server' | 'client'][] = [
      [{ ...ROLES, client: {} }, 'server'],
      [{ ...ROLES, server: {} }, 'client'],
      [{ ...ROLES, server: {} }, 'server'],
      [{ ...ROLES, client: {} }, 'client'],
    ];
    for (const [roles, ours] of cases) {
      const { log, theirs } = await join(t, peer, roles, ours, 'we', 'tcp');
      // libzmq sends its greeting piece by piece: it may leave before it has named its mechanism.
      t.match(await failure(log), /^(protocol ERR_ZMTP_MECHANISM_MISMATCH|other ECONNRESET)$/);
      t.equal(await theirs.event('handshake:error:protocol'), 'ERR_ZMTP_MECHANISM_MISMATCH');
      await theirs.close();
    }
    const both = {
      server: { ...ROLES.server, handshakeInterval: 200 },
      client: ROLES.server,
    };
    const { log, theirs } = await join(t, peer, both, 'server', 'we', 'tcp');
    t.equal(await failure(log), 'other ERR_ZMTP_HANDSHAKE_TIMEOUT');
    await theirs.close();
  });
});
