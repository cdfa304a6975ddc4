//! What a one-time password's message says, by language (`docs/spec/channels.md §7`).

/// The language when a call names none.
pub(super) const LANGUAGE: &str = "en-US";

/// The text that brings `code` from `brand`; `None` for a language without one.
pub(super) fn text(language: &str, code: &str, brand: &str) -> Option<String> {
    let (_, words) = TEXTS.iter().find(|(known, _)| *known == language)?;
    Some(words.replacen("{otp}", code, 1).replace("{brand}", brand))
}

const TEXTS: [(&str, &str); 13] = [
    ("de-DE", "Ihr Einmalpasswort lautet: {otp} von {brand}"),
    (
        "en-GB",
        "This is your One Time Password: {otp} from {brand}",
    ),
    (
        "en-US",
        "This is your One Time Password: {otp} from {brand}",
    ),
    (
        "es-419",
        "Esta es su contraseña de un solo uso: {otp} de {brand}",
    ),
    (
        "es-ES",
        "Esta es su contraseña de un solo uso: {otp} de {brand}",
    ),
    (
        "fr-CA",
        "Voici votre mot de passe à usage unique : {otp} de {brand}",
    ),
    (
        "fr-FR",
        "Voici votre mot de passe à usage unique : {otp} de {brand}",
    ),
    ("it-IT", "Ecco la sua password monouso: {otp} da {brand}"),
    ("ja-JP", "{brand}のワンタイムパスワードは {otp} です"),
    ("ko-KR", "{brand}의 일회용 비밀번호는 {otp}입니다"),
    ("pt-BR", "Esta é sua senha de uso único: {otp} de {brand}"),
    ("zh-CN", "您的一次性密码是 {otp},来自 {brand}"),
    ("zh-TW", "您的一次性密碼是 {otp},來自 {brand}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_names_code_and_brand() {
        for (language, _) in TEXTS {
            let text = text(language, "042137", "{otp}").expect("a text");
            assert_eq!(text.matches("042137").count(), 1, "{text}");
            assert_eq!(text.matches("{otp}").count(), 1, "{text}");
        }
        assert_eq!(
            text("en-US", "042137", "Shop").as_deref(),
            Some("This is your One Time Password: 042137 from Shop")
        );
        assert_eq!(text("xx", "1", "b"), None);
    }
}
