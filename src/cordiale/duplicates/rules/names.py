"""How people's names are written for comparison: particles, compound first names, initials, diminutives."""

from __future__ import annotations

from cordiale.duplicates.rules.writing import Writing, quoted, words

_TITLES = "monsieur|madame|mademoiselle|docteur|maitre|mr|mme|mlle|mrs|dr|me"
_SAYS_NOTHING = (
    "x+|inconnue?|non communique|non renseigne|n a|nc|na|nr|test|anonyme|client|cliente|sans|aucun|null|none"
)

_COMMON = ((f"^({_TITLES}) ", ""), (f"^({_SAYS_NOTHING})$", ""))
FIRST_NAME = Writing(words(_COMMON))
LAST_NAME = Writing(
    words(
        (
            *_COMMON,
            (r"\b(nee|ne|epouse|ep|veuve|vve)\b", " "),  # Martin née Dupont: both names, either may match
            (r"^ *(de|du|des|d) ", ""),
            (r" (de|du|des|d) ", " "),
            (r"\b(ste|sainte) ", "sainte"),
            (r"\b(st|saint) ", "saint"),
            (r"\b(le|la|l|mac|mc|o|ben|el|al|van|von) ", r"\1"),  # Le Goff and Legoff
        )
    )
)
_INITIALS = (r"([^ ])[^ ]*( |$)", r"\1")

DIMINUTIVES = {
    "alex": "alexandre", "angie": "angelique", "babeth": "elisabeth", "bebert": "albert", "ben": "benjamin",
    "benji": "benjamin", "bernie": "bernard", "beth": "elisabeth", "betty": "elisabeth", "caro": "caroline",
    "cath": "catherine", "cathy": "catherine", "chris": "christophe", "christel": "christelle", "clem": "clemence",
    "cri cri": "christine", "dan": "daniel", "dany": "daniel", "dede": "andre", "didou": "didier", "dom": "dominique",
    "domi": "dominique", "edu": "edouard", "eli": "elisabeth", "elo": "elodie", "fab": "fabrice", "fabi": "fabienne",
    "fanny": "stephanie", "fifi": "philippe", "flo": "florence", "fred": "frederic", "frede": "frederique",
    "gaby": "gabriel", "gege": "gerard", "geo": "georges", "gigi": "ginette", "gilou": "gilles", "greg": "gregory",
    "guigui": "guillaume", "gus": "gustave", "henriot": "henri", "isa": "isabelle", "jacky": "jacques",
    "jacquot": "jacques", "jean mi": "jean michel", "jeannot": "jean", "jo": "joseph", "jojo": "joseph",
    "jose": "joseph", "juju": "julien", "kiki": "christian", "lili": "elisabeth", "lise": "elisabeth",
    "lolo": "laurent", "loulou": "louis", "lulu": "lucien", "mado": "madeleine", "maggie": "marguerite",
    "manu": "emmanuel", "margot": "marguerite", "marie jo": "marie josephe", "mariette": "marie", "math": "mathieu",
    "mathou": "mathilde", "matt": "mathieu", "max": "maxime", "mel": "melanie", "mich": "michel", "mimi": "michele",
    "momo": "mohamed", "moumou": "mourad", "nath": "nathalie", "nico": "nicolas", "ninette": "antoinette",
    "nono": "bruno", "oli": "olivier", "pascalou": "pascal", "pat": "patrick", "paulo": "paul", "pierrot": "pierre",
    "raph": "raphael", "rico": "eric", "riton": "henri", "robby": "robert", "roro": "roland", "sam": "samuel",
    "sandy": "sandra", "seb": "sebastien", "sergio": "serge", "stef": "stephane", "steph": "stephane",
    "titi": "thierry", "toine": "antoine", "toinette": "antoinette", "tom": "thomas", "toni": "antoine",
    "tony": "anthony", "val": "valerie", "vero": "veronique", "vince": "vincent", "virg": "virginie", "xav": "xavier",
    "yo": "yohan", "zabou": "isabelle",
}  # fmt: skip
"""What a short form usually stands for. A form of several names (Alex) leads to one of them; `short` stays weak."""


def first_name(text: str | None) -> str | None:
    """`Jean-Pierre` and `JEAN PIERRE` alike."""
    return FIRST_NAME.of(text)


def last_name(text: str | None) -> str | None:
    """`de La Fontaine`, `Le Goff`, `Martin née Dupont` as `lafontaine`, `legoff`, `martin dupont`."""
    return LAST_NAME.of(text)


def root(first: str | None) -> str | None:
    """The name behind a diminutive, of a first name already written for comparison."""
    return DIMINUTIVES.get(first, first) if first else None


def initials(first: str | None) -> str | None:
    """`jp` of `jean pierre`, of a first name already written for comparison."""
    return Writing((_INITIALS,)).of(first)


def initials_sql(column: str) -> str:
    """`initials` in SQL."""
    return Writing((_INITIALS,)).sql(column)


def root_sql(column: str) -> str:
    """`root` in SQL: a constant map."""
    names = ", ".join(quoted(name) for name in DIMINUTIVES)
    roots = ", ".join(quoted(name) for name in DIMINUTIVES.values())
    return f"coalesce(map([{names}], [{roots}])[{column}], {column})"
