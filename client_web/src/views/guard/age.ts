/** Whole years from a birth date (YYYY-MM-DD) to the local day of `now`; null when it cannot be. */
export function ageOn(birthDate: string, now: Date): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(birthDate);
  if (parts === null) return null;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const hadBirthday =
    now.getMonth() + 1 > month || (now.getMonth() + 1 === month && now.getDate() >= day);
  const age = now.getFullYear() - year - (hadBirthday ? 0 : 1);
  return age >= 0 && age <= 130 ? age : null;
}
