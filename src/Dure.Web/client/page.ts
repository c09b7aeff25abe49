// On every page: the theme switch, and the reader's local time on each time shown in UTC.

const oneYear = 31_536_000;

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function startThemeSwitch(button: HTMLButtonElement): void {
  const label = () => {
    button.textContent = (isDark() ? button.dataset['light'] : button.dataset['dark']) ?? '';
  };
  button.addEventListener('click', () => {
    const theme = isDark() ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = theme;
    document.cookie = `dure-theme=${theme}; path=/; max-age=${oneYear}; samesite=lax`;
    label();
    document.dispatchEvent(new CustomEvent('dure-theme'));
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    label();
    document.dispatchEvent(new CustomEvent('dure-theme'));
  });
  label();
  button.hidden = false;
}

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-theme-switch]')) startThemeSwitch(button);

for (const time of document.querySelectorAll<HTMLTimeElement>('time[datetime]'))
  time.title ||= new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' });
