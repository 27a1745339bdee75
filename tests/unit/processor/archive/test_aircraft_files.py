"""Files of aircraft: the kinds that are known, and what is refused."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from processor.archive import aircraft_files
from processor.archive.aircraft_files import AircraftFile, AircraftLine, UnusableFileError
from processor.reference.identity import AircraftRecord

OPENSKY_OLD = """\
"icao24","registration","manufacturericao","manufacturername","model","typecode","serialnumber",\
"linenumber","icaoaircrafttype","operator","operatorcallsign","operatoricao","operatoriata","owner",\
"built"
"","","","","","","","","","","","","","",""
"4B17C4","HB-JAA","AIRBUS","Airbus","A220 300","BCS3","55001","","L2J","Swiss","SWISS","SWR","LX",\
"","2016-11-29"
"""

OPENSKY_NEW = """\
'icao24','timestamp','acars','built','manufacturerName','model','operator','operatorCallsign',\
'operatorIcao','registration','serialNumber','typecode'
'4b17c4','2024-11-01 10:00:00',0,'2016-11-29','Airbus','A220 300','Swiss','SWISS','SWR','HB-JAA',\
'55001','BCS3'
"""

VRS = """\
ICAO,Registration,ModelICAO,Manufacturer,Model,ManufacturerAndModel,IsPrivateOperator,Operator,\
AirlineCode,SerialNumber,YearBuilt
4B17C4,HB-JAA,BCS3,Airbus,A220 300,Airbus A220 300,0,Swiss,SWR,55001,2016
4B17C5,HB-JAB,C172,Cessna,172,Cessna 172,1,Private,,1,
"""

SWISS = AircraftRecord(
    registration="HB-JAA",
    type="BCS3",
    model="A220 300",
    manufacturer="Airbus",
    operator="Swiss",
    operator_icao="SWR",
    operator_radio_name="SWISS",
    serial_number="55001",
    year_built=2016,
)

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "aircraft.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def _read(path: Path) -> tuple[list[AircraftLine], AircraftFile]:
    with AircraftFile(path) as file:
        return list(file.lines()), file


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
@pytest.mark.parametrize("text", [OPENSKY_OLD, OPENSKY_NEW, "\ufeff" + OPENSKY_NEW])
def test_opensky_has_two_kinds(write: Write, text: str, pack: Callable[[str], bytes]) -> None:
    """Quoted by apostrophes in the newer one; compressed or not, with a byte order mark or not."""
    [line], file = _read(write(pack(text)))
    assert (line.icao24, line.record, file.n_refused) == ("4b17c4", SWISS, 0)
    assert file.n_empty == (1 if text == OPENSKY_OLD else 0)


def test_standing_data_names_no_private_operator(write: Write) -> None:
    lines, _ = _read(write(VRS))
    assert [line.record.operator for line in lines] == ["Swiss", None]
    assert [line.record.year_built for line in lines] == [2016, None]


HEAD = "icao24,registration,typecode,operatoricao,built\n"


def test_lines_are_refused_one_by_one(write: Write) -> None:
    """Each is counted, and the first are described with their numbers."""
    rows = [
        "4b17c4,HB-JAA,BCS3,SWR,2016",
        "4b17c4,HB-JAA",
        "swiss,HB-JAB,BCS3,SWR,2016",
        "4b17c5,HB-JAB,BCS3,SWR,2016",
        *["nothing,N1,C172,,"] * 10,
    ]
    lines, file = _read(write(HEAD + "\n".join(rows)))
    assert [line.line for line in lines] == [2, 5]
    assert file.n_refused == 12
    assert file.refusals[:2] == [
        "line 3: 2 columns, not 5",
        "line 4: 'swiss' is not an address of six hexadecimal digits",
    ]
    assert len(file.refusals) == aircraft_files.REFUSALS_KEPT


@pytest.mark.parametrize(
    ("cells", "record"),
    [
        ("HB\x00-J\x1bAA,a320,swr,1999-05-01", AircraftRecord("HB-JAA", "A320")),
        ("HB-JAA,TOOLONG,SW,99", AircraftRecord("HB-JAA")),
        ("HB-JAA,A3Ü,SWRX,1800", AircraftRecord("HB-JAA")),
        (f"{'X' * 500},,,", AircraftRecord("X" * aircraft_files.MAX_VALUE_CHARACTERS)),
    ],
)
def test_values_that_cannot_be_are_left_out(
    write: Write, cells: str, record: AircraftRecord
) -> None:
    """The rest of the line counts."""
    [line], _ = _read(write(f"{HEAD}4b17c4,{cells}"))
    found = line.record
    assert (found.registration, found.type) == (record.registration, record.type)
    assert found.operator_icao in {None, "SWR"}
    assert found.year_built in {None, 1999}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "line 1: the header has not the columns"),
        ("a,b,c\n1,2,3\n", "line 1: the header has not the columns"),
        (HEAD.encode() + b"4b17c4,\xff,,,\n", "line 2: the file is damaged"),
        (gzip.compress(OPENSKY_OLD.encode())[:-20], "the file is damaged"),
        (b"\x1f\x8b" + bytes(100), "the file is damaged"),
        (HEAD + "4b17c4," + "x" * 200_000, "a line has more than"),
        (HEAD + '"' + "x\n" * 100_000, "field larger than field limit"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_line(
    write: Write, content: str | bytes, reason: str
) -> None:
    with pytest.raises(UnusableFileError, match=reason):
        _read(write(content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableFileError, match=r"none\.csv cannot be read: No such file"):
        _read(tmp_path / "none.csv")
    with pytest.raises(UnusableFileError, match="cannot be read: Is a directory"):
        _read(tmp_path)


def test_the_lines_of_a_file_are_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aircraft_files, "MAX_LINES", 3)
    with pytest.raises(UnusableFileError, match="line 4: more than 3 lines"):
        _read(write(HEAD + "4b17c4,HB-JAA,BCS3,SWR,2016\n" * 5))
