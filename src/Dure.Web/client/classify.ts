// A classifier's page: an image goes to the node; the label comes back, with how probable each is.
import { look, type Shown } from './looking';

interface Told {
  label: string; probability: number; possible: string[]; probabilities: { label: string; probability: number }[]; proven: boolean; blank: boolean; otherShape: boolean;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function draw(shown: Shown, probabilities: number[]): void {
  shown.form.querySelectorAll('.bar-rows li').forEach((item, i) => {
    item.querySelector('rect.bar')!.setAttribute('width', String(100 * (probabilities[i] ?? 0)));
    item.querySelector('.n')!.textContent = i in probabilities ? percent(probabilities[i]!) : '';
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-classify]'))
  look<Told>(form, (shown) => {
    shown.set('sets', '');
    draw(shown, []);
  }, (shown, said) => {
    const isSure = said.possible.length === 1 && !said.blank;
    shown.find<HTMLElement>('answer').dataset['verdict'] = isSure ? 'good' : 'open';
    shown.set('said', said.label);
    shown.set('sets', isSure ? shown.words('sure') : shown.words('possible', said.possible.join(', ')));
    shown.set('note', [said.blank ? shown.words('blank') : '', said.otherShape ? shown.words('other-shape') : '', said.proven ? '' : shown.words('unproven')].filter(Boolean).join(' '));
    draw(shown, said.probabilities.map((one) => one.probability));
  });
