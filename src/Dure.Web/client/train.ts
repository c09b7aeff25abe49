// The form that starts a training: fields that only some choices have. Sending it is asking.ts's work.
import './asking';

function start(form: HTMLFormElement): void {
  const field = <T extends HTMLElement>(id: string) => form.querySelector<T>(`#${id}`)!;
  const target = field<HTMLSelectElement>('target');
  const metric = field<HTMLSelectElement>('metric');

  /** A field that a choice makes meaningless is neither shown nor sent. */
  const has = (name: string, isAsked: boolean) => {
    for (const part of form.querySelectorAll<HTMLElement>(`[data-only="${name}"]`)) {
      part.hidden = !isAsked;
      for (const input of part.querySelectorAll<HTMLInputElement>('input, select, textarea')) input.disabled = !isAsked;
    }
  };

  const settle = () => {
    has('search', field<HTMLSelectElement>('learner').value === '');
    has('windows', field<HTMLSelectElement>('learner').value === 'window-network');
    for (const name of ['learner', 'split']) {
      const choice = field<HTMLSelectElement>(name);
      has(`${name}-kept`, choice.value === [...choice.options].find((option) => option.defaultSelected)?.value);
    }
    const isLife = target.selectedOptions[0]?.dataset['life'] !== undefined;
    has('life', isLife);
    has('column', !isLife);
    has('random', field<HTMLSelectElement>('split').value === 'random');
    const kind = (!isLife && field<HTMLSelectElement>('kind').value) || target.selectedOptions[0]?.dataset['kind'];
    for (const group of metric.querySelectorAll<HTMLOptGroupElement>('optgroup')) group.hidden = group.disabled = Boolean(kind) && group.dataset['kind'] !== kind;
    if (metric.selectedOptions[0]?.closest('optgroup')?.disabled) metric.value = '';
    // Of its own row the target is never learnt from; of earlier rows it may be.
    for (const box of form.querySelectorAll<HTMLInputElement>('[data-leave]')) {
      const isTarget = box.value === target.value;
      box.closest('li')!.hidden = isTarget;
      box.disabled = isTarget;
    }
  };

  form.addEventListener('change', settle);
  settle();
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-train]')) start(form);
