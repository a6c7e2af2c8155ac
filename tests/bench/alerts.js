// When a request left the ward's page, and when its alarm could be read: this machine's clock.
(() => {
  window.alerts = { filed: 0, sight: 0, question: 0 };
  addEventListener('submit', () => (window.alerts.filed = Date.now()), true);
  // Twice: the second frame begins when the first was handed to the screen.
  const drawn = (mark) =>
    requestAnimationFrame(() =>
      requestAnimationFrame(() => (window.alerts[mark] ||= Date.now())),
    );
  const marks = {
    sight: '[data-testid=alert][data-stage=ringing]',
    question: '[data-testid=alert][data-stage=ringing] [data-testid=alert-question]',
  };
  new MutationObserver(() => {
    for (const [mark, selector] of Object.entries(marks))
      if (!window.alerts[mark] && document.querySelector(selector)) drawn(mark);
  }).observe(document, { subtree: true, childList: true, attributes: true });
})();
