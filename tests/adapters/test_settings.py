"""Settings from environment, `.env` and file; errors that name the setting."""

from pathlib import Path

import pytest

from server.adapters import settings
from server.adapters.settings import InvalidSettings, Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, *_ in settings.describe():
        monkeypatch.delenv(name, raising=False)


def test_without_any_source_everything_is_local_and_embedded(tmp_path: Path) -> None:
    found = settings.load(tmp_path)
    assert found.database == f"sqlite+aiosqlite:///{tmp_path}/data/guardline.db"
    assert found.master_key == tmp_path / "data" / "master.key"
    assert found.redis_url is None
    assert found.is_demo


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "hospital.toml"
    config.write_text("http_port = 1\nhttps_port = 1\nmedia_port = 1\n")
    (tmp_path / ".env").write_text("HTTP_PORT=2\nHTTPS_PORT=2\nSOMETHING_ELSE=x\n")
    monkeypatch.setenv("HTTP_PORT", "3")
    found = settings.load(tmp_path, config)
    assert (found.http_port, found.https_port, found.media_port) == (3, 2, 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTP_PORT", "99999", "less than or equal to 65535"),
        ("MEDIA_WORKERS", "many", "valid integer"),
        ("DATABASE_URL", "mysql://u:hush@h/d", "must be postgresql:// or sqlite:///"),
        ("REDIS_URL", "http://:hush@h", "must begin with redis://"),
        ("PUBLIC_URL", "http://hub.example", "must be https://HOST"),
        ("PUBLIC_URL", "https://hub.example/path", "must be https://HOST"),
        ("MEDIA_ADDRESS", "0.0.0.0", "name each one"),
        ("MEDIA_ADDRESS", "hub.example", "does not appear to be an IPv4"),
        ("LOG_LEVEL", "loud", "'debug', 'info'"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_kept_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as error:
        settings.load(tmp_path)
    (problem,) = error.value.problems
    assert problem.startswith(f"{name}: ")
    assert said in problem
    assert "hush" not in str(error.value)


def test_all_problems_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "-1")
    monkeypatch.setenv("DEMO", "perhaps")
    with pytest.raises(InvalidSettings) as error:
        settings.load(tmp_path)
    assert len(error.value.problems) == 2


def test_a_misspelt_name_in_the_file_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "hospital.toml"
    config.write_text('redis_uri = "redis://h"\n')
    with pytest.raises(InvalidSettings, match="redis_uri: there is no such setting"):
        settings.load(tmp_path, config)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"--config .*absent\.toml"):
        settings.load(tmp_path, tmp_path / "absent.toml")


def test_what_is_unset_follows_the_data_folder_and_what_is_set_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", "/srv/hub")
    monkeypatch.setenv("AUDIT_DIR", "elsewhere")
    found = settings.load(tmp_path)
    assert found.master_key == Path("/srv/hub/master.key")
    assert found.audit_folder == tmp_path / "elsewhere"


def test_an_empty_variable_is_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("HTTP_PORT", "")
    found = settings.load(tmp_path)
    assert (found.redis_url, found.http_port) == (None, 8080)


def test_media_addresses_are_pairs_of_bound_and_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIA_ADDRESS", "10.0.0.5=203.0.113.7, ::1")
    assert settings.load(tmp_path).media_address == (("10.0.0.5", "203.0.113.7"), ("::1", "::1"))


def test_a_relay_has_urls_and_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TURN_URLS", "turn:t.example:3478?transport=udp, turns:t.example:443")
    with pytest.raises(InvalidSettings, match="TURN_URLS needs TURN_SECRET"):
        settings.load(tmp_path)
    monkeypatch.setenv("TURN_SECRET", "hush-hush-hush-hush")
    found = settings.load(tmp_path)
    assert found.turn_urls == ("turn:t.example:3478?transport=udp", "turns:t.example:443")
    assert "hush" not in repr(found)
    monkeypatch.setenv("TURN_URLS", "https://t.example")
    with pytest.raises(InvalidSettings, match=r"TURN_URLS: https://t\.example is no turn:"):
        settings.load(tmp_path)


def test_the_sandbox_has_media_ports_of_its_own() -> None:
    sandbox = Settings(media_port=1000, media_tcp_port=2000, media_workers=4).for_training()
    assert (sandbox.media_port, sandbox.media_tcp_port) == (1004, 2004)
    assert Settings(media_workers=4).for_training().media_tcp_port == 0


def test_the_driver_is_chosen_for_the_operator() -> None:
    found = Settings(database_url="postgresql://u:p@db/hub")
    assert found.database == "postgresql+asyncpg://u:p@db/hub"


def test_a_public_address_ends_the_demo() -> None:
    assert not Settings(public_url="https://hub.example/").is_demo
    assert Settings(public_url="https://hub.example:8443/").public_url == "https://hub.example:8443"


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings(database_url="postgresql://u:hush@h/d", redis_url="redis://:hush@h"))
    assert "hush" not in shown


def test_the_readme_lists_every_setting_as_it_is() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |"
        for name, default, meaning in settings.describe()
    ]
    assert [row for row in rows if row not in readme] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SMTP_HOST": "mail.example"}, "SMTP_HOST needs SMTP_FROM"),
        ({"SMTP_FROM": "nobody"}, "SMTP_FROM: "),
        ({"SMTP_PASSWORD": "hush"}, "SMTP_USER and SMTP_PASSWORD go together"),
        (
            {"SMTP_USER": "u", "SMTP_PASSWORD": "hush", "SMTP_TLS": "none"},
            "SMTP_TLS=none would send SMTP_PASSWORD in the clear",
        ),
        ({"SMTP_TLS": "ssl"}, "SMTP_TLS: "),
        ({"GATEWAY_URL": "https://sms.example"}, "GATEWAY_URL and GATEWAY_SECRET go together"),
        ({"GATEWAY_URL": "http://sms.example"}, "GATEWAY_URL: must be https://"),
        ({"GATEWAY_SECRET": "whsec_hush"}, "GATEWAY_SECRET: must be whsec_ and 24 to 64"),
    ],
)
def test_contacts_are_set_completely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as error:
        settings.load(tmp_path)
    assert said in str(error.value)
    assert "hush" not in str(error.value)


def test_whoever_practises_wakes_nobody() -> None:
    real = Settings(
        smtp_host="mail.example",
        smtp_from="guard@hospital.example",
        gateway_url="https://sms.example",
        gateway_secret="whsec_" + "A" * 32,
    )
    sandbox = real.for_training()
    assert (sandbox.smtp_host, sandbox.gateway_url, sandbox.gateway_secret) == (None, None, None)
    assert "AAAA" not in repr(real)
