//! PhoneNumberValidate (`docs/spec/channels.md §8`).

use channels::phone::describe;
use wire::shapes;

use crate::call::Call;
use crate::error::ApiError;
use crate::reply::Reply;

pub(crate) async fn validate(call: Call) -> Result<Reply, ApiError> {
    let request: shapes::NumberValidateRequest = call.body()?;
    let number = request.phone_number.filter(|text| !text.trim().is_empty());
    let number = number.ok_or_else(|| ApiError::bad_request("Missing PhoneNumber"))?;
    let home = request.iso_country_code.filter(|code| !code.is_empty());
    let facts = describe(&number, home.as_deref());
    let (code, name) = facts.country.unzip();
    Reply::json(&shapes::NumberValidateResponse {
        cleansed_phone_number_e164: facts.e164,
        cleansed_phone_number_national: facts.national,
        country: name.map(str::to_owned),
        country_code_iso2: code.map(str::to_owned),
        country_code_numeric: facts.dialling_code.map(|code| code.to_string()),
        original_country_code_iso2: home,
        original_phone_number: Some(number),
        phone_type: Some(facts.kind.as_str().to_owned()),
        phone_type_code: Some(facts.kind.code().into()),
        ..shapes::NumberValidateResponse::default()
    })
}
