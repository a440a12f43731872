#![doc = "wxpay-simulator"]
