export const greeting = 'Hello from Updraft';
