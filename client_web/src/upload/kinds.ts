const BY_EXTENSION: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  dcm: 'application/dicom',
  dicom: 'application/dicom',
};

/** What the file picker offers; DICOM files often have no extension, so all files stay choosable. */
export const ACCEPT = '.pdf,.jpg,.jpeg,.png,.webp,.dcm,.dicom,application/dicom';

/** The declared type of a file: the browser's, else by extension, else DICOM (which has often neither). */
export function typeOf(file: { name: string; type: string }): string {
  const extension = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? '';
  return BY_EXTENSION[extension] ?? (file.type === '' ? 'application/dicom' : file.type);
}

/** The short word for a type that a person reads in a list. */
export function kindOf(type: string): 'pdf' | 'image' | 'dicom' | 'file' {
  if (type === 'application/pdf') return 'pdf';
  if (type === 'application/dicom') return 'dicom';
  return type.startsWith('image/') ? 'image' : 'file';
}
