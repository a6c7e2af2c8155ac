import { merged } from './merge';
import { bound } from './typography';

export default bound(
  merged(
    import.meta.glob<Record<string, string>>('../../messages/*/fr.json', {
      eager: true,
      import: 'default',
    }),
  ),
);
