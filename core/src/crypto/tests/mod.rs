mod ciphers;
mod identity;
mod keys;
