use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey;

use super::*;

fn public_key(base64: &str) -> VerifyingKey<Sha256> {
    let der = BASE64_STANDARD.decode(base64).unwrap();
    VerifyingKey::new(RsaPublicKey::from_public_key_der(&der).unwrap())
}

/// Published test material of the wechatpay-go project; it opens no account.
const V3_1_KEY: &str = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDZUJN33V+dSfvdfL0Mu+39XrZNXFFMQSy1V15F\
     pncHeV47SmV0TzTqZc7hHB0ddqAdDi8Z5k3TKqb76sOwYr5TcAfuR6PIPaleyE0/0KrljBum2Isa2Nyq7Dgc3ElB\
     Q6YN4l/a+DpvKaz1FSKmKrhLNskqokWVSlu4g8OlKlbPXQ9ibII14MZRQrrkTmHYHzfi7GXXM0thAKuR0HNvyhTH\
     Bh4/lrYM3GaMvmWwkwvsMavnOex6+eioZHBOb1/EIZ/LzC6zuHArPpyW3daGaZ1rtQB1vVzTyERAVVFsXXgBHvfF\
     ud3w3ShsJYk8JvMwK2RpJ5/gV0QSARcmLDRUAlPzAgMBAAECggEBAMc7rDeUaXiWv6bMGbZ3BTXpg1FhdddnWUnY\
     E8HfX/kmOFI7XtBHXcgYFpcjYz4D5787pcsk7ezPidAj58zqenuclmjKnUmT3pfbI5eCA2v4C9HnbYDrmUPK1ZcA\
     Dtka4D6ScDccpNYNa1g2TFHzkIrEa6H+q7S3O2fqxY/DRVtN0JIXalBb8daaqL5QVzSmM2BMVnHy+YITJWIkP2a3\
     pKs9C0W65JGDsnG0wVrHinHF+cnhFZIbaPEI//DAFMc9NkrWOKVRTEgcCUxCFaHOZVNxDWZD7A2ZfJB2rK6eg//y\
     gEiFDR2h6mTaDowMB4YF2n2dsIO4/dCG8vPHI20jn4ECgYEA/ZGu6lEMlO0XZnamAZGtiNgLcCfM/C2ZERZE7QTR\
     PZH1WdK92Al9ndldsswFw4baJrJLCmghjF/iG4zihhBvLnOLksnZUfjdumxoHDWXo2QBWbI5QsWIE7AuTiWgWj1I\
     7X4fCXSQf6i+M/y26TogQ7d0ANpZFyOkTNMn/tiJvLECgYEA22XqlamG/yfAGWery5KNH2DGlTIyd6xJWtJ9j3jU\
     99lZ0bCQ5xhiBbU9ImxCi3zgTsoqLWgA/p00HhNFNoUcTl9ofc0G3zwTD1y0ZzcnVKxGJdZ6ohW52V0hJStAigtj\
     YAsUgjm7//FH7PiQDBDP1Wa6xSRkDQU/aSbQxvEE8+MCgYEA3bb8krW7opyM0XL9RHH0oqsFlVO30Oit5lrqebS0\
     oHl3Zsr2ZGgoBlWBsEzk3UqUhTFwm/DhJLTSJ/TQPRkxnhQ5/mewNhS9C7yua7wQkzVmWN+VYeUGTvDGDF6qDz12\
     /vJAgSwDDRym8x4NcXD5tTw7mmNRcwIfL22SkysThIECgYAVBgccoEoXWS/HP2/u6fQr9ZIR6eV8Ij5FPbZacTG3\
     LlS1Cz5XZra95UgebFFUHHtCEY1JHJY7z8SWvTH8r3Su7eWNaIAoFBGffzqqSVazfm6aYZsOvRY6BfqPHT3p/H1h\
     Tq6AbBffxrcltgvXnCTORjHPglU0CjSxVs7awW3AEQKBgB5WtaC8VLROM7rkfVIq+RXqE5vtJfa3e3N7W3RqxKp4\
     zHFAPfr82FK5CX2bppEaxY7SEZVvVInKDc5gKdG/jWNRBmvvftZhY59PILHO2X5vO4FXh7suEjy6VIh0gsnK36mm\
     RboYIBGsNuDHjXLeBDa+8mDLkWu5nHEhOxy2JJZl";
const V3_1_SIGNATURE: &str = "BKyAfU4iMCuvXMXS0Wzam3V/cnxZ+JaqigPM5OhljS2iOT95OO6Fsuml2JkFANJU9K6q9bLlDhPXuoVz+pp4hAm6\
     pHU4ld815U4jsKu1RkyaII+1CYBUYC8TK0XtJ8FwUXXz8vZHh58rrAVN1XwNyvD1vfpxrMT4SL536GLwvpUHlCqI\
     MzoZUguLli/K8V29QiOhuH6IEqLNJn8e9b3nwNcQ7be3CzYGpDAKBfDGPCqCv8Rw5zndhlffk2FEA70G4hvMwe51\
     qMN/RAJbknXG23bSlObuTCN7Ndj1aJGH6/L+hdwfLpUtJm4QYVazzW7DFD27EpSQEqA8bX9+8m1rLg==";

#[test]
fn vector_v3_1_is_signed_as_published() {
    let der = BASE64_STANDARD.decode(V3_1_KEY).unwrap();
    let key = SigningKey::<Sha256>::new(RsaPrivateKey::from_pkcs8_der(&der).unwrap());
    let signature = BASE64_STANDARD.encode(key.sign(b"source").to_bytes());
    assert_eq!(signature, V3_1_SIGNATURE);
    assert!(verify(&key.verifying_key(), b"source", V3_1_SIGNATURE));
    assert!(!verify(&key.verifying_key(), b"sources", V3_1_SIGNATURE));
}

const V3_3_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxYgtNC3oDB55O3AXAOd7gBY8bk1dEoW92j7Q9CzoATAl\
     9ecYPtNRxCT7An6u23gjkNAuD0PFE/qVcaHDSAEnuwLqSpFXgbMZKUP9AMnf2tKt06SIp293EU4oKpmXSBQ7fJra\
     JGxHLEFxHGJSBvbMhFv4ZGK2F0UEbXFGfRYTYGOqoL7JCVFxFyh74N7Q1gfpTlaa1JvBezkdyUUF3C10rgaVlODu\
     Jx2Vm1E3nxeh+1TXmTJJzSBBIIdTrULD4gcT3vXm6pDVvcOWxu59WadvH6rMSe3ZQy195l5l1TyIMybPPA0X6Noq\
     ci5d7MAVaBO1XWdSd94065V0BCYNjNQyiQIDAQAB";
const V3_3_BODY: &str = r#"{"out_trade_no":1626493236,"description":"yansongda 测试 - 1626493236","amount":{"total":1},"scene_info":{"payer_client_ip":"127.0.0.1","h5_info":{"type":"Wap"}},"appid":"wx55955316af4ef13","mchid":"1600314069","notify_url":"http:\/\/127.0.0.1:8000\/wechat\/notify"}"#;
const V3_3_SIGNATURE: &str = "KzIgMgiop3nQJNdBVR2Xah/JUwVBLDFFajyXPiSN8b8YAYEA4FuWfaCgFJ52+WFed+PhOYWx/ZPih4RaEuuSdYB8\
     eZwYUx7RZGMQZk0bKCctAjjPuf4pJN+f/WsXKjPIy3diqF5x7gyxwSCaKWP4/KjsHNqgQpiC8q1uC5xmElzuhzSw\
     j88LIoLtkAuSmtUVvdAt0Nz41ECHZgHWSGR32TfBo902r8afdaVKkFde8IoqcEJJcp6sMxdDO5l9R5KEWxrJ1Sjs\
     XVrb0IPH8Nj7e6hfhq7pucxojPpzsC+ZWAYvufZkAQx3kTiFmY87T+QhkP9FesOfWvkIRL4E6MP6ug==";

#[test]
fn vector_v3_3_a_whole_request_is_verified() {
    let message = |body: &str| {
        format!(
            "POST\n/v3/pay/transactions/h5\n1626493236\nQqtzdVzxavZeXag9G5mtfzbfzFMf89p6\n{body}\n"
        )
    };
    let key = public_key(V3_3_KEY);
    assert!(verify(&key, message(V3_3_BODY).as_bytes(), V3_3_SIGNATURE));
    let written_anew = V3_3_BODY.replace("\\/", "/");
    assert!(!verify(
        &key,
        message(&written_anew).as_bytes(),
        V3_3_SIGNATURE
    ));
}

const V3_5_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsG5BcprUqiy7/i4ED3tiXmCIcJGnHGxrSfpOV1gxDaLg\
     P9mIbBMbh5h8S+Uwn9EfelsVkA2C18S9WDTGG4wAnqwEK/zWi411ls+2whhJrTH5EksvFWr/l2BhYG3hIsYaoQSp\
     8Gn1XBpMFwAb3VYED49SmVhRHwfOpxWMZcIQXf5TDeuKBPO2/EPIEEkimr6/K7qTZP/nSfTMX2ywfDnG8d6EHOOq\
     rbSD8McO7bDtut2IEpx8/6VhSkzPR1XHoSpt8i6uCmt9TV2Tce8mNxSb5E8ZNNBxaCiDpCe6B1Uks9XfwXBVdCdI\
     +KNmoifHVeGPI1V8gpvHWqETiFCdOqS1HQIDAQAB";
const V3_5_SIGNATURE: &str = "POmTZCzk7fj+FeSwbU4rNghygFOzwpoaQt9SBW8blDAPZCVJ7wVnDVisx6t1ryyBpB3NmOwiNaT+hHi7YthYZzr0\
     kvL5kWKSnpssyWBofnjqbFWBSV8JaFx7Ia2qnsgdVYALisYjLBr+bj69YXuyWiBxYFx+JylH6wW4w55Rziatoa4r\
     wrdlrpgE2yRTxDu9wSZ4VCdUYSMj2ctyAy2fOiCcP00VGjihJWGCXXjeVm2YQyFZXB7KqGPhncdHaFmJzIvL8SbW\
     KSc36cUKSuHhZ5n+oZVU8Vf+lb/eJibzTWxBIAJbtQplKojG48ukd7QFtRUd3b2EkOjzmeJ26zMlfA==";

#[test]
fn vector_v3_5_a_bridging_signature_is_verified() {
    let message = "wx8888888888888888\n1414561699\n5K8264ILTKCH16CQ2502SI8ZNMTM67VS\n\
                   prepay_id=wx201410272009395522657a690389285100\n";
    let key = public_key(V3_5_KEY);
    assert!(verify(&key, message.as_bytes(), V3_5_SIGNATURE));
    assert!(!verify(&key, message.trim_end().as_bytes(), V3_5_SIGNATURE));
    for malformed in ["", "=", "WECHATPAY/SIGNTEST/AAAAA", &V3_5_SIGNATURE[1..]] {
        assert!(!verify(&key, message.as_bytes(), malformed));
    }
}

fn keys(offered: PlatformKeys, signer: PlatformSigner) -> Keys {
    let settings = Settings {
        platform_keys: offered,
        platform_signer: signer,
        ..Settings::default()
    };
    let certificates = Certificates::issue(&settings).unwrap();
    Keys::new(&settings, &certificates).unwrap()
}

#[test]
fn the_offered_keys_decide_what_may_sign() {
    use PlatformSigner::{Certificate, PublicKey};
    for (offered, preferred, signs, other) in [
        (PlatformKeys::Certificates, PublicKey, Certificate, false),
        (PlatformKeys::PublicKey, Certificate, PublicKey, false),
        (PlatformKeys::Both, Certificate, Certificate, true),
        (PlatformKeys::Both, PublicKey, PublicKey, true),
    ] {
        let keys = keys(offered, preferred);
        let public = |serial: &str| serial == keys.public_key_id();
        assert_eq!(public(&keys.sign_platform(b"x").0), signs == PublicKey);
        let switched = match signs {
            Certificate => PublicKey,
            PublicKey => Certificate,
        };
        assert_eq!(keys.set_signer(switched).is_ok(), other, "{offered:?}");
        let now = if other { switched } else { signs };
        assert_eq!(public(&keys.sign_platform(b"x").0), now == PublicKey);
    }
}

#[test]
fn a_rotated_certificate_signs_and_the_old_one_stays() {
    let keys = keys(PlatformKeys::Certificates, PlatformSigner::Certificate);
    let (first, signature) = keys.sign_platform(b"x");
    let second = keys.rotate().unwrap();
    assert_ne!(first, second);
    let (serial, later) = keys.sign_platform(b"x");
    assert_eq!(serial, second);
    assert_ne!(signature, later, "another key signs");
    let listed = keys.certificates().unwrap();
    let serials: Vec<_> = listed.iter().map(|known| known.serial.as_str()).collect();
    assert_eq!(serials, [&first, &second]);
    assert!(serials.iter().all(|serial| serial.len() == 40));
    let (stranger, _) = keys.sign_as_stranger(b"x").unwrap();
    assert!(!serials.contains(&stranger.as_str()) && stranger.len() == 40);
}
