import { describe, expect, it } from 'vitest';

import { detailsOf, withShortIds } from '../../src/views/admin/audit';

const ID = '019aaaaa-bbbb-7ccc-8ddd-eeee12345678';

describe('an entry of the audit', () => {
  it('shows the end of each id, and other words as they are', () => {
    expect(withShortIds(`["${ID}","${ID}"]`)).toBe('["…12345678","…12345678"]');
    expect(withShortIds('system')).toBe('system');
  });

  it('says what else it holds', () => {
    expect(detailsOf({ kind: 'care', people: [ID], count: 2 })).toEqual([
      ['kind', 'care'],
      ['people', `["${ID}"]`],
      ['count', '2'],
    ]);
  });
});
