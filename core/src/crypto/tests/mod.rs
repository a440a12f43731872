mod cbc;
mod ciphers;
mod identity;
mod keys;
