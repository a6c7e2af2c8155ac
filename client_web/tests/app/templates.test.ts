import { describe, expect, it } from 'vitest';

import type { ReportTemplate } from '../../src/api/reports';
import { below, inOrder } from '../../src/views/reports/templates';

function template(id: string, modality: string): ReportTemplate {
  const rest = { organisation: null, findings: '', conclusion: '', changed_at: null, version: 0 };
  return { id, name: id, modality, ...rest };
}

describe('report templates', () => {
  it('offers those of the modality first and keeps the order otherwise', () => {
    const all = [template('any', ''), template('mr', 'MR'), template('ct', 'ct')];
    const ids = (modality?: string) => inOrder(all, modality).map(({ id }) => id);
    expect(ids('CT')).toEqual(['ct', 'any', 'mr']);
    expect(ids('MR / CT')).toEqual(['mr', 'ct', 'any']);
    expect(ids()).toEqual(['any', 'mr', 'ct']);
  });

  it('never takes away what was typed', () => {
    expect(below('', 'Bones:')).toBe('Bones:');
    expect(below('Typed. \n', 'Bones:')).toBe('Typed.\n\nBones:');
    expect(below('Typed.', '')).toBe('Typed.');
  });
});
