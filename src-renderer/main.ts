import { mount } from 'svelte';
import App from './App.svelte';
import './tokens.css';
import './base.css';
import GoneScreen from './start/GoneScreen.svelte';
import { connectHost } from './transport/index.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
try {
  const bridge = await connectHost();
  mount(App, { target, props: { bridge } });
} catch (reason) {
  const why = reason instanceof Error ? reason.message : String(reason);
  mount(GoneScreen, { target, props: { why } });
}
