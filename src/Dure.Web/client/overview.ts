// The overview: the counts of the chain, told by the node once a second.
import { follow } from './http';

const live = document.querySelector<HTMLElement>('[data-live]');
const state = (on: boolean) => {
  if (!live) return;
  live.dataset['state'] = on ? 'on' : 'lost';
  live.textContent = (on ? live.dataset['on'] : live.dataset['lost']) ?? '';
};

follow('/api/v1/overview/events', {
  message: (data) => {
    for (const [name, value] of Object.entries(data as Record<string, number>))
      for (const element of document.querySelectorAll<HTMLElement>(`[data-count="${CSS.escape(name)}"]`)) {
        const text = value.toLocaleString('en');
        if (element.textContent === text) continue;
        element.textContent = text;
        element.classList.remove('flash');
        void element.offsetWidth; // lets the same animation start again
        element.classList.add('flash');
      }
  },
}, state);
