import { describe, expect, it } from 'vitest';

import { rosterFrom } from '../../src/views/rotas/roster';

const LINE = 'start,end,person,name\n2026-11-23T20:00Z,2026-11-24T08:00Z,,Zoë È';

describe('a roster', () => {
  it('is read as UTF-8, with or without its mark', async () => {
    const file = new File(['\uFEFF', LINE], 'Turni.CSV');
    expect(await rosterFrom(file)).toEqual({ format: 'csv', text: LINE });
    expect((await rosterFrom(new File([LINE], 'turni.ics'))).format).toBe('ics');
  });

  it('is read as what older spreadsheets write otherwise', async () => {
    const bytes = Uint8Array.from(LINE, (letter) => letter.charCodeAt(0));
    expect((await rosterFrom(new File([bytes], 'turni.csv'))).text).toBe(LINE);
  });
});
