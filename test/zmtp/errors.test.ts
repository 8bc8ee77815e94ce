import t from 'tap';
import { ZmtpError } from '../../src/zmtp/errors.ts';

t.test('an error says what happened, by code, and whose fault it was', async (t) => {
  const error = new ZmtpError('ERR_ZMTP_NOT_ZMTP', 'no greeting');
  t.ok(error instanceof Error);
  t.equal(error.name, 'ZmtpError');
  t.equal(error.code, 'ERR_ZMTP_NOT_ZMTP');
  t.equal(error.fault, 'peer');
  t.equal(error.message, 'no greeting');
  t.equal(new ZmtpError('ERR_ZMTP_UNSPECIFIED', '', 'local').fault, 'local');
});
