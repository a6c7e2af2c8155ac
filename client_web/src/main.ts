import './app/entrance';
import { mount } from 'svelte';

import './ui/tokens.css';
import './ui/base.css';
import { startTheme } from './ui/theme.svelte';
import App from './App.svelte';
import { startI18n } from './i18n/index.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html lost its #app element');
startTheme();
await startI18n();
mount(App, { target });
