"""Settings: the only reader of the environment."""

import json
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from app.errors import ConfigurationError


def split_list(value: object) -> object:
    """A list setting as written: comma separated, a JSON array, or empty."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        return json.loads(text)
    return [part.strip() for part in text.split(",") if part.strip()]


def own_queue(data_dir: Path) -> Path:
    """The socket of the Valkey that `crossbook run` starts."""
    return data_dir.absolute() / "valkey.sock"


SecretList = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(split_list)]
TextList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_list)]


class SalesforceConnection(BaseModel):
    """One Salesforce org. Field names become `SALESFORCE__<NAME>__<FIELD>` in the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="My Domain address, such as https://example.my.salesforce.com")
    client_id: str = Field(description="Consumer key of the External Client App")
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="Consumer secret of the External Client App; jwt_bearer needs none"
    )
    org_id: str = Field(description="Organisation id, 15 or 18 characters")
    grant: str = Field(
        default="client_credentials",
        pattern="^(client_credentials|jwt_bearer|authorization_code)$",
        description="client_credentials, jwt_bearer, or authorization_code (then: crossbook connect salesforce NAME)",
    )
    username: str = Field(default="", description="jwt_bearer: the user to sign in as")
    private_key: SecretStr = Field(
        default=SecretStr(""), description=r"jwt_bearer: RSA key in PEM, line breaks as they are or as \n"
    )
    private_key_file: Path | None = Field(default=None, description="jwt_bearer: file of the key, instead of the key")
    login_url: str = Field(
        default="https://login.salesforce.com",
        description="jwt_bearer: audience; https://test.salesforce.com for a sandbox",
    )
    redirect_url: str = Field(
        default="https://login.salesforce.com/services/oauth2/success",
        description="authorization_code: a callback address of the app",
    )
    api_version: str = Field(default="66.0", description="REST API version")
    daily_limit: int = Field(
        default=15_000, ge=1, description="Calls a day that Crossbook may take of the org's; other apps need some, too"
    )
    outbound_secrets: SecretList = Field(
        default=(), description="Secrets in the outbound messages' address, current first, then previous"
    )
    change_secrets: SecretList = Field(
        default=(), description="Standard Webhooks secrets of the change-event relay, current first, then previous"
    )
    change_api_keys: SecretList = Field(
        default=(), description="API keys that a relay may send in X-Api-Key instead of a signature"
    )

    @model_validator(mode="after")
    def _have_what_the_grant_needs(self) -> Self:
        if self.grant == "client_credentials" and not self.client_secret.get_secret_value():
            raise ValueError("CLIENT_SECRET is needed by the grant client_credentials")
        if self.grant == "jwt_bearer" and not self.username:
            raise ValueError("USERNAME is needed by the grant jwt_bearer")
        if self.grant == "jwt_bearer" and not (self.private_key.get_secret_value() or self.private_key_file):
            raise ValueError("PRIVATE_KEY or PRIVATE_KEY_FILE is needed by the grant jwt_bearer")
        return self


class XeroConnection(BaseModel):
    """One Xero organisation. Field names become `XERO__<NAME>__<FIELD>` in the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: str = Field(default="", description="Client id of the Xero app")
    client_secret: SecretStr = Field(default=SecretStr(""), description="Client secret of the Xero app")
    tenant_id: str = Field(default="", description="Tenant id of the organisation")
    grant: str = Field(
        default="refresh_token",
        pattern="^(refresh_token|client_credentials)$",
        description="refresh_token (web app) or client_credentials (custom connection)",
    )
    refresh_token: SecretStr = Field(
        default=SecretStr(""),
        description="First refresh token, if there is one already; crossbook connect xero gets and keeps others",
    )
    scopes: str = Field(
        default=(
            "offline_access accounting.contacts accounting.settings.read "
            "accounting.invoices.read accounting.payments.read"
        ),
        description="Scopes to ask for; the last two tell whose balance has moved",
    )
    api_url: str = Field(default="https://api.xero.com", description="Root of the API")
    identity_url: str = Field(default="https://identity.xero.com", description="Root of the token service")
    login_url: str = Field(default="https://login.xero.com", description="Root of the sign-in page")
    redirect_url: str = Field(
        default="http://localhost:8000/connect/xero",
        description="A redirect address of the app; crossbook connect takes what the browser is sent to",
    )
    webhook_keys: SecretList = Field(default=(), description="Webhook signing keys, current first, then previous")
    daily_limit: int = Field(default=1000, ge=1, description="Calls a day that the app's tier allows")
    at_once: int = Field(default=5, ge=1, le=5, description="Calls on their way at the same time, of Xero's five")
    monthly_gigabytes: int = Field(
        default=0, ge=0, description="Gigabytes a month that the app's tier lets be read; 0 where nobody counts them"
    )


class Settings(BaseSettings):
    """Everything that is configured from outside. Lists accept commas, JSON and empty."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(default=Path("data"), description="Folder of everything that Crossbook keeps by itself")
    database_url: str = Field(
        default_factory=lambda given: f"sqlite:///{given.get('data_dir')}/crossbook.db",
        pattern="^(sqlite|postgresql|postgres)://",
        repr=False,
        description="sqlite:///path or postgresql://user:password@host/database; empty takes crossbook.db in DATA_DIR",
    )
    redis_url: str = Field(
        default_factory=lambda given: f"unix://{own_queue(given.get('data_dir', Path()))}",
        pattern="^(redis|rediss|unix)://",
        repr=False,
        description="Redis or Valkey, which may lose everything; empty takes the one that crossbook run starts",
    )
    sync_dir: Path = Field(default=Path("syncs"), description="Folder of the sync files")
    secret_keys: SecretList = Field(
        default=(), description="Keys that encrypt stored tokens, newest first; any text of 32 characters or more"
    )
    public_url: str = Field(
        default="",
        pattern="^(https?://[^ ]+)?$",
        description="Address at which the vendors reach the web process, such as https://crossbook.example.com",
    )
    host: str = Field(default="127.0.0.1", description="Address that the web process listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that the web process listens on")
    log_level: str = Field(
        default="info", pattern="(?i)^(debug|info|warning|error)$", description="debug, info, warning or error"
    )
    log_format: str = Field(default="json", pattern="^(json|text)$", description="json or text")
    worker_name: str = Field(default="", description="Slot name of this worker; empty takes host name and process id")
    worker_processes: int = Field(
        default=1, ge=1, description="How many worker processes run; each keeps to its share while Redis is away"
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1, description="Largest webhook body that is read")
    body_timeout_seconds: float = Field(default=10.0, gt=0, description="Time that a webhook body may take to arrive")
    batch_size: int = Field(default=50, ge=1, le=50, description="Due records in one batch")
    lease_seconds: float = Field(default=25.0, gt=0, description="Life of a lane's lease")
    call_timeout_seconds: float = Field(default=15.0, gt=0, description="Longest that one vendor call may take")
    reconcile_seconds: float = Field(
        default=900.0, gt=0, description="Shortest time between two reconciles of one object; quotas may stretch it"
    )
    calls_kept_days: int = Field(
        default=90, ge=1, description="Days after which what was sent to a vendor, to the byte, is forgotten"
    )
    events_kept_days: int = Field(
        default=90,
        ge=30,
        description="Days after which an event that is over, and what was made of it, is forgotten",
    )
    history_kept_days: int = Field(default=730, ge=90, description="Days after which a line of history is forgotten")
    notice_urls: SecretList = Field(
        default=(), description="Addresses, as Apprise spells them, to which notices of troubles are sent"
    )
    notice_lag_minutes: float = Field(default=10.0, gt=0, description="Minutes that work may wait before it is told")
    notice_digest_hours: float = Field(
        default=24.0, gt=0, description="Hours for which more of the same is gathered before it is told together"
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        pattern="^(https?://[^ ]+)?$",
        description="Collector that is told of every step by OpenTelemetry, such as http://127.0.0.1:4318",
    )
    otel_exporter_otlp_headers: SecretList = Field(
        default=(), description="Headers that the collector wants, such as authorization=Bearer%20token"
    )
    salesforce: dict[str, SalesforceConnection] = Field(default_factory=dict, description="Salesforce orgs by name")
    xero: dict[str, XeroConnection] = Field(default_factory=dict, description="Xero organisations by name")

    @field_validator("redis_url")
    @classmethod
    def _be_an_address(cls, url: str) -> str:
        """Whoever takes a broken address apart later would quote the password."""
        try:
            urlsplit(url).port  # noqa: B018 - it is what may fail
        except ValueError:
            raise ValueError(
                "this is no address; in a password, write other signs than letters and digits as %XX"
            ) from None
        return url

    @model_validator(mode="after")
    def _let_a_lease_outlive_a_call(self) -> Self:
        """A lease is renewed at a third of its life, and a call starts only if the lease outlives it."""
        if self.call_timeout_seconds >= self.lease_seconds * 2 / 3:
            raise ValueError("LEASE_SECONDS must be more than one and a half times CALL_TIMEOUT_SECONDS")
        return self


def load_settings() -> Settings:
    """The settings of this process. Raises `ConfigurationError` that names each variable to change, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        raise problems(error) from None
    except SettingsError as error:
        raise ConfigurationError(f"settings cannot be used: {error}") from None


def problems(error: ValidationError) -> ConfigurationError:
    """What cannot be used, each setting by its variable and none by its value."""
    told = [f"{'__'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()]
    return ConfigurationError("settings cannot be used\n  " + "\n  ".join(told))
