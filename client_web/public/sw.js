/* Wakes the person when a page is closed: shows that something waits, never what or about whom. */

const WORDS = {
  it: {
    training: 'Formazione',
    'thread.urgent': ['Messaggio urgente', 'Un messaggio attende chi è di turno.'],
    'guard.hear': ['Un risultato attende', 'Nessuno ha ancora ascoltato un risultato.'],
    'guard.handover': ['Consegna', 'Vi viene consegnata una guardia.'],
    'guard.alert': ['Richiesta di guardia', 'Un reparto attende il radiologo di guardia.'],
    'guard.drill': ['PROVA di guardia', 'Nessun paziente, nessuna richiesta.'],
    'rota.asked': ['Turno', 'Vi viene chiesto un turno.'],
    'push.test': ['Prova riuscita', 'Questo dispositivo riceve gli avvisi.'],
    other: ['Guardline', 'Qualcosa vi attende.'],
  },
  fr: {
    training: 'Formation',
    'thread.urgent': ['Message urgent', 'Un message attend qui est de service.'],
    'guard.hear': ['Un résultat attend', 'Personne n’a encore entendu un résultat.'],
    'guard.handover': ['Relève', 'Une garde vous est passée.'],
    'guard.alert': ['Demande de garde', 'Un service attend le radiologue de garde.'],
    'guard.drill': ['EXERCICE de garde', 'Aucun patient, aucune demande.'],
    'rota.asked': ['Garde', 'Une garde vous est demandée.'],
    'push.test': ['Essai réussi', 'Cet appareil reçoit les alertes.'],
    other: ['Guardline', 'Quelque chose vous attend.'],
  },
  en: {
    training: 'Training',
    'thread.urgent': ['Urgent message', 'A message waits for whoever is on duty.'],
    'guard.hear': ['Result waits', 'Nobody has heard of a result yet.'],
    'guard.handover': ['Hand-over', 'A guard is handed over to you.'],
    'guard.alert': ['Guard request', 'A ward waits for the radiologist on guard.'],
    'guard.drill': ['Guard DRILL', 'No patient, no request.'],
    'rota.asked': ['Shift', 'You are asked to take a shift.'],
    'push.test': ['It works', 'This device receives alerts.'],
    other: ['Guardline', 'Something waits for you.'],
  },
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  const { kind = 'other', place = '/', tag = 'other', realm = '' } = read(event.data);
  const words = WORDS[self.navigator.language.slice(0, 2)] ?? WORDS.en;
  const [said, body] = words[kind] ?? words.other;
  const title = realm === 'training' ? `${words.training} · ${said}` : said;
  event.waitUntil(
    self.registration.showNotification(title, {
      body,
      tag,
      renotify: true,
      requireInteraction: true,
      vibrate: [400, 200, 400, 200, 400],
      icon: '/icon.svg',
      data: { place },
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data.place));
});

function read(data) {
  try {
    return data.json();
  } catch {
    return {};
  }
}

/** An open page comes to the front and goes there; else a new one opens. Only paths of ours. */
async function show(place) {
  const url = new URL(place, self.location.origin);
  if (url.origin !== self.location.origin) return;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find((each) => !new URL(each.url).pathname.startsWith('/rooms/'));
  if (!open) return void (await self.clients.openWindow(url));
  await open.focus();
  await open.navigate(url).catch(() => self.clients.openWindow(url));
}
