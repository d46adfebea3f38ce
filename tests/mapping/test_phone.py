"""A phone is three fields in Xero and one in Salesforce; the list of phones is sent whole."""

from app.mapping.phone import xero_phone

PHONE = xero_phone("DEFAULT")
MOBILE = {"PhoneType": "MOBILE", "PhoneNumber": "021 123"}
DEFAULT = {"PhoneType": "DEFAULT", "PhoneCountryCode": "64", "PhoneAreaCode": "9", "PhoneNumber": "555 0100"}


def test_reading_joins_the_parts_that_are_filled() -> None:
    assert PHONE.read({"Phones": [MOBILE, DEFAULT]}) == "64 9 555 0100"
    assert PHONE.read({"Phones": [{**DEFAULT, "PhoneAreaCode": ""}]}) == "64 555 0100"


def test_what_equals_the_reading_leaves_the_parts_as_they_are() -> None:
    assert PHONE.write("64 9 555 0100", {"Phones": [DEFAULT]}) == {}


def test_another_number_goes_whole_into_the_number_and_clears_the_codes() -> None:
    written = PHONE.write("+64 9 555 0199", {"Phones": [DEFAULT]})
    assert written == {
        "Phones": [
            {"PhoneType": "DEFAULT", "PhoneCountryCode": "", "PhoneAreaCode": "", "PhoneNumber": "+64 9 555 0199"}
        ]
    }


def test_the_other_phones_are_sent_along_untouched_and_in_their_order() -> None:
    written = PHONE.write(None, {"Phones": [MOBILE, DEFAULT, {"PhoneType": "FAX", "PhoneNumber": ""}]})
    assert written == {
        "Phones": [
            MOBILE,
            {"PhoneType": "DEFAULT", "PhoneCountryCode": "", "PhoneAreaCode": "", "PhoneNumber": ""},
            {"PhoneType": "FAX", "PhoneNumber": ""},
        ]
    }


def test_a_phone_that_is_not_in_the_list_is_added_to_it() -> None:
    assert PHONE.write("555", {"Phones": [MOBILE]}) == {
        "Phones": [
            MOBILE,
            {"PhoneType": "DEFAULT", "PhoneCountryCode": "", "PhoneAreaCode": "", "PhoneNumber": "555"},
        ]
    }


def test_two_phones_of_one_record_can_be_written_one_after_the_other() -> None:
    first = PHONE.write("1", {})
    both = xero_phone("FAX").write("2", first)
    assert (PHONE.read(both), xero_phone("FAX").read(both)) == ("1", "2")


def test_a_number_is_held_to_fifty_characters() -> None:
    assert PHONE.hold("5" * 60) == "5" * 50
