"""Callsigns and squawks as crews of a country choose them."""

from simulator.chance import draw, fraction

_OPERATORS = {
    "US": "AAL AAL UAL UAL DAL DAL SWA SWA JBU ASA SKW SKW RPA ENY EDV FFT NKS UPS FDX PDT JIA",
    "CA": "ACA WJA JZA POE TSC", "MX": "AMX VOI VIV", "BR": "GLO AZU TAM", "AR": "ARG JES",
    "CL": "LPE LAN SKU", "CO": "AVA EFY", "PA": "CMP", "GB": "BAW EZY VIR EXS TOM LOG",
    "IE": "RYR RYR EIN ABR", "FR": "AFR TVF HOP CCM", "DE": "DLH EWG CFG GEC OCN",
    "ES": "IBE VLG AEA", "PT": "TAP RZO", "IT": "ITY NOS", "NL": "KLM TRA", "BE": "BEL JAF",
    "LU": "LGL CLX",
    "CH": "SWR EZS EDW", "AT": "AUA EJU", "DK": "SAS DTR", "NO": "NOZ WIF SZN", "SE": "SAS BRA",
    "FI": "FIN", "IS": "ICE", "PL": "LOT ENT", "CZ": "CSA TVS", "HU": "WZZ", "RO": "ROT",
    "BG": "LZB", "RS": "ASL", "HR": "CTN", "GR": "AEE OAL", "TR": "THY PGT SXS", "MT": "WMT AMC",
    "LV": "BTI", "RU": "AFL SBI SDM", "IL": "ELY ISR", "AE": "UAE ETD FDB ABY", "QA": "QTR",
    "SA": "SVA FAD KNE", "KW": "KAC", "BH": "GFA", "OM": "OMA", "JO": "RJA", "EG": "MSR",
    "MA": "RAM", "ET": "ETH", "ZA": "SAA SFR", "KE": "KQA", "IN": "IGO AIC AXB", "PK": "PIA",
    "CN": "CCA CES CSN CHH CSZ", "HK": "CPA HKE", "TW": "CAL EVA", "JP": "JAL ANA SKY APJ",
    "KR": "KAL AAR JJA", "SG": "SIA TGW", "MY": "MAS AXM", "TH": "NOK AIQ", "VN": "HVN VJC",
    "PH": "PAL CEB", "ID": "GIA LNI", "AU": "QFA JST VOZ RXA", "NZ": "ANZ",
}  # fmt: skip
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ANY_OPERATOR = "CHA FTR JET AVN"
# Slots among state vectors of 2021 to 2025 captures of the real service.
_MISSING_CALLSIGN = 0.017
_BLANK_CALLSIGN = 0.018  # upper end of the band above: 0.1 %
_ZERO_CALLSIGN = 0.0182
_MISSING_SQUAWK = 0.46
_CONSPICUITY_SHARE = 0.5  # of flights in Europe: 1000, identified by address, not by code
_LETTERED_SHARE = 0.4  # of flights in Europe: letters, so that neighbours do not sound alike
_EUROPE = frozenset(
    (
        "GB", "IE", "FR", "DE", "ES", "PT", "IT", "NL", "BE", "LU", "CH", "AT", "DK", "NO", "SE",
        "FI", "PL", "CZ", "HU", "RO", "BG", "RS", "HR", "GR", "MT", "LV", "EE", "LT", "SK", "SI",
    )
)  # fmt: skip
_REGISTRATIONS = {
    "DE": "D", "GB": "G", "FR": "F", "CA": "C", "IT": "I", "CH": "HB", "AT": "OE", "NL": "PH",
    "BE": "OO", "ES": "EC", "SE": "SE", "DK": "OY", "NO": "LN", "PL": "SP", "AU": "VH", "NZ": "ZK",
    "BR": "PR", "MX": "XA", "ZA": "ZS", "JP": "JA", "CN": "B", "IN": "VT", "TR": "TC",
}  # fmt: skip
_EMERGENCIES = frozenset({0o7500, 0o7600, 0o7700})


def operated(country: str, bits: int) -> str:
    """Callsign of a commercial flight, unpadded: operator and flight number."""
    operators = _OPERATORS.get(country, _ANY_OPERATOR).split()
    operator = operators[int(fraction(bits, 0) * len(operators))]
    number = 1 + int(fraction(bits, 1) * 2400)
    if country in _EUROPE and fraction(bits, 2) < _LETTERED_SHARE:
        first, second = _letter(bits, 2), _letter(bits, 3)
        return f"{operator}{number % 100}{first}{second}"
    return f"{operator}{number}"


def private(country: str, address: int) -> str:
    """Callsign of an aircraft that flies under its registration; unique to the address."""
    bits = draw(address)
    if country == "US":
        return f"N{1 + address % 99999}"
    prefix = _REGISTRATIONS.get(country, country)
    return prefix + "".join(_letter(bits, part) for part in range(4))


def vehicle(bits: int) -> str:
    """Callsign of a vehicle on the apron, with the blank inside that real ones have."""
    kind = ("TOW", "CAR", "FLW ME", "WLD")[int(fraction(bits, 0) * 4)]
    return f"{kind} {1 + int(fraction(bits, 1) * (9 if kind == 'FLW ME' else 599))}"


def transmitted(callsign: str, chance: float) -> str:
    """As OpenSky gives it: padded to 8, or empty, blank or zeros in the observed shares."""
    if chance < _MISSING_CALLSIGN:
        return ""
    if chance < _BLANK_CALLSIGN:
        return " " * 8
    if chance < _ZERO_CALLSIGN:
        return "0" * 8
    return f"{callsign:<8}"


def squawk(country: str, bits: int, *, visual: bool) -> str | None:
    """Four octal digits, or None where no squawk was received."""
    if fraction(bits, 0) < _MISSING_SQUAWK:
        return None
    if visual:
        return "1200" if country == "US" else "7000"
    if country in _EUROPE and fraction(bits, 1) < _CONSPICUITY_SHARE:
        return "1000"
    code = int(fraction(bits, 2) * 0o10000)
    # Emergencies are handed out by quirks.py, not by chance.
    return f"{code ^ 0o1000 if code in _EMERGENCIES else code:04o}"


def _letter(bits: int, part: int) -> str:
    return _LETTERS[(bits >> (16 * part + 3)) % len(_LETTERS)]
