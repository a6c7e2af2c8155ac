export type DeviceKind = 'camera' | 'microphone' | 'speaker';

export interface Device {
  id: string;
  label: string;
}

export type Devices = Record<DeviceKind, Device[]>;

const KINDS: Record<MediaDeviceKind, DeviceKind> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
};

/** Devices present now; labels are empty until a permission was given once. */
export async function listDevices(): Promise<Devices> {
  const found: Devices = { camera: [], microphone: [], speaker: [] };
  if (!('mediaDevices' in navigator)) return found;
  for (const { kind, deviceId, label } of await navigator.mediaDevices.enumerateDevices()) {
    if (deviceId !== '') found[KINDS[kind]].push({ id: deviceId, label });
  }
  return found;
}

/** Told when a device comes or goes. */
export function watchDevices(changed: () => void): () => void {
  if (!('mediaDevices' in navigator)) return () => undefined;
  navigator.mediaDevices.addEventListener('devicechange', changed);
  return () => {
    navigator.mediaDevices.removeEventListener('devicechange', changed);
  };
}

export interface Choices {
  camera: string;
  microphone: string;
  speaker: string;
  is_camera_on: boolean;
  is_microphone_on: boolean;
}

const KEY = 'call.devices';
const DEFAULTS: Choices = { camera: '', microphone: '', speaker: '', is_camera_on: true, is_microphone_on: true };

/** What this device used last time. */
export function rememberedChoices(): Choices {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return { ...DEFAULTS, ...(typeof kept === 'object' ? kept : {}) };
  } catch {
    return { ...DEFAULTS };
  }
}

export function rememberChoices(choices: Choices): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choices));
  } catch {
    return;
  }
}
