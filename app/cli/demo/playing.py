"""How to play by hand: three shell lines for each of the two people."""

import sys
from pathlib import Path
from string import Template

from app.simulator.demo import PERSON

_READ_ANSWER = """python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'"""
_SALESPERSON = Template("""\
SALES=$$(curl -s -u $person -d grant_type=client_credentials $url/services/oauth2/token | $read)
curl -s -H "Authorization: Bearer $$SALES" -H "Content-Type: application/json" \\
     -d '{"Name": "Corner Shop", "Phone": "09 555 0123"}' $url/services/data/v66.0/sobjects/Account
curl -s -H "Authorization: Bearer $$SALES" -G $url/services/data/v66.0/query \\
     -d "q=SELECT+Id,Name,Phone,Email__c+FROM+Account"
""")
_BOOKKEEPER = Template("""\
BOOKS=$$(curl -s -u $person -d grant_type=client_credentials $url/connect/token | $read)
curl -s -H "Authorization: Bearer $$BOOKS" -H "Accept: application/json" -H "Content-Type: application/json" \\
     -X PUT -d '{"Name": "Paper Mill", "EmailAddress": "office@paper-mill.example"}' $url/api.xro/2.0/Contacts
curl -s -H "Authorization: Bearer $$BOOKS" -H "Accept: application/json" $url/api.xro/2.0/Contacts
""")


def as_salesperson(url: str) -> str:
    """Sign in at the Salesforce at `url`, create an account, list all accounts."""
    return _SALESPERSON.substitute(person=":".join(PERSON), url=url, read=_READ_ANSWER)


def as_bookkeeper(url: str) -> str:
    """Sign in at the Xero at `url`, create a contact, list all contacts."""
    return _BOOKKEEPER.substitute(person=":".join(PERSON), url=url, read=_READ_ANSWER)


def as_operator(folder: Path) -> str:
    """In the demo's `folder`, where its settings are: what waits, and why a record is as it is."""
    command = Path(sys.executable).with_name("crossbook")
    return f"cd {folder}\n{command} status\n{command} why ID-OF-ANY-RECORD\n"
