"""Which addresses calls may go to: never one that an answer merely names."""

from collections.abc import Callable
from ipaddress import ip_address

import httpx


def allow(root: str, *suffixes: str) -> Callable[[str], bool]:
    """Admits `root`'s own host and, over https, hosts that end in one of `suffixes`.

    Plain http is for this machine only, where simulators live.
    """
    home = httpx.URL(root)

    def allowed(address: str) -> bool:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            return False
        if url.userinfo or url.query or url.fragment:
            return False
        if url.scheme != "https":
            return url.scheme == "http" and _is_here(url.host) and _is_here(home.host)
        return url.host == home.host or any(url.host.endswith(suffix) for suffix in suffixes)

    return allowed


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
