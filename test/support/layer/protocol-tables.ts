/** ProtocolTables: the tables of docs/layer-protocol.md, made of what the parser is made of. */

import { FIELD_TYPES } from '../../../src/layer/native/fields.ts';
import { RECORDS } from '../../../src/layer/native/records.ts';

/** One row for each record, then one for each type of field. */
export function protocolTables(): string {
  const records = Object.entries(RECORDS).map(([kind, { code, from, fields }]) => {
    const listed = Object.entries(fields).map(([name, type]) => `${name}: ${type}`);
    return `| \`${kind}\` | ${from} | \`${code.toString(16).padStart(2, '0')}\` | ${listed.join(', ') || '–'} |`;
  });
  const types = Object.entries(FIELD_TYPES).map(([name, { text }]) => `| ${name} | ${text} |`);
  return [
    '| record | said by | code | fields, in order |',
    '| --- | --- | --- | --- |',
    ...records,
    '',
    '| type | on the wire, and its limits |',
    '| --- | --- |',
    ...types,
  ].join('\n');
}
