import { merged } from './merge';

export default merged(
  import.meta.glob<Record<string, string>>('../../messages/*/fr.json', {
    eager: true,
    import: 'default',
  }),
);
