//! temporary
pub fn sha256(data: &[u8]) -> [u8; 32] { aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data).as_ref().try_into().unwrap() }
pub fn random_hex() -> String { let mut b=[0u8;16]; aws_lc_rs::rand::fill(&mut b).unwrap(); hex::encode(b) }
