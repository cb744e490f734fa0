"""Names as they are met in British council records, by heritage, with their nicknames and other spellings."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Heritage:
    """Where a family's names come from; `share` of households, and the habits of naming.

    Attributes:
        paired: a woman's surname differs from her husband's by rule (Singh and Kaur, -ski and -ska, Begum).
    """

    share: float
    male: tuple[str, ...]
    female: tuple[str, ...]
    surnames: tuple[str, ...]
    middle: float = 0.0
    paired: str = ""


def listed(text: str, by: str = " ") -> tuple[str, ...]:
    """Return the words of a list written as one text."""
    return tuple(text.split(by))


_BRITISH_MALE = listed(
    "David John Michael James Andrew Robert Stephen Paul William Richard Mark Christopher Thomas Matthew Daniel Peter Simon Ian Kevin "
    "Anthony Alan Graham Jonathan Benjamin Samuel Joseph Adam Luke Jack Oliver Harry George Charlie Edward Alexander Nicholas Martin "
    "Gary Philip Keith Roger Brian Derek Kenneth Ronald Terence Colin Barry Trevor Geoffrey Raymond Neil Stuart Timothy Jeremy Nigel "
    "Craig Darren Lee Scott Ryan Liam Connor Jordan Kyle Aaron Nathan Jake Joshua Callum Lewis Toby Dominic Gregory Douglas Frederick "
    "Arthur Albert Leonard Stanley Norman Gerald Clive Malcolm Donald Russell Dean Wayne Shaun Carl Adrian Julian Guy Rupert Hugo"
)
_BRITISH_FEMALE = listed(
    "Susan Margaret Sarah Patricia Karen Helen Elizabeth Jennifer Mary Christine Linda Julie Jacqueline Alison Amanda Catherine Deborah "
    "Claire Nicola Rebecca Emma Rachel Laura Samantha Victoria Joanne Michelle Tracey Sharon Angela Barbara Jean Dorothy Sheila Maureen "
    "Janet Carol Ann Anne Judith Gillian Hilary Wendy Lesley Diane Hannah Jessica Charlotte Sophie Emily Lucy Chloe Megan Olivia Amelia "
    "Grace Ella Katherine Kathryn Kate Amy Gemma Stacey Kelly Lisa Louise Kirsty Hayley Natalie Danielle Bethany Abigail Eleanor "
    "Rosemary Marion Joyce Doreen Beryl Edna Hazel Heather Fiona Lorraine Marie Frances Josephine Teresa Pamela Sandra Valerie Philippa"
)
_BRITISH_SURNAMES = listed(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson "
    "Clarke Clark Harrison Scott Turner Hill Moore Cooper Ward Morris Baker Parker Watson Edwards Allen Young King Mitchell Carter Shaw "
    "Bennett Cook Adams Bailey Richardson Cox Ellis Collins Foster Webb Chapman Knight Mills Barker Holmes Rogers Palmer Hunt Mason "
    "Gibson Dixon Harvey Fletcher Pearson Andrews Barnes Booth Butler Cole Cross Day Dawson Elliott Fisher Ford Fox Francis Freeman "
    "Gardner Gill Goodwin Grant Gregory Harding Hart Hawkins Hayes Howard Hudson Hughes Hutchinson Jarvis Kemp Lane Lawrence Lawson "
    "Marsh Matthews May Miles Newman Nicholson Norris Oliver Osborne Page Payne Perry Porter Potter Price Read Reynolds Rose Saunders "
    "Sharp Simpson Slater Spencer Stevens Stone Sutton Swift Tate Thornton Tucker Wade Walsh Warren Waters Weaver Webster Wells West "
    "Wheeler Whittaker Wilkinson Willis Winter Woodward Yates Ackroyd Aspinall Birtwistle Bracegirdle Cartwright Crabtree Dewhurst "
    "Entwistle Fairclough Gaskell Heppenstall Illingworth Jolliffe Kershaw Lockwood Metcalfe Nuttall Ogden Postlethwaite Ramsbottom "
    "Schofield Thistlethwaite Underwood Verity Waddington Yeadon Allardyce Blenkinsop Cholmondeley Drinkwater Featherstone Greenhalgh "
    "Haythornthwaite Inskip Kitchener Lightfoot Merryweather Nightingale Openshaw Pickersgill Quartermaine Rowbotham Satterthwaite "
    "Tattersall Uttley Vickerstaff Wolstenholme Oldroyd Brocklebank Eastwood Hargreaves Ingham Midgley Sugden Threlfall Wrigley"
)
HERITAGES: dict[str, Heritage] = {
    "british": Heritage(0.70, _BRITISH_MALE, _BRITISH_FEMALE, _BRITISH_SURNAMES, middle=0.75),
    "scottish": Heritage(
        0.05, listed("Alasdair Angus Callum Duncan Ewan Fergus Fraser Gordon Hamish Iain Ross Murdo Struan James John"),
        listed("Ailsa Catriona Eilidh Fiona Iona Isla Kirsty Mairi Morag Shona Una Margaret Jean"),
        listed("McDonald McKenzie McLeod McIntyre MacGregor Macmillan Campbell Stewart Fraser Sinclair Buchanan Drummond "
               "McAllister MacPherson Urquhart"),
        middle=0.6,
    ),
    "irish": Heritage(
        0.05, listed("Sean Patrick Brendan Declan Eamonn Kieran Niall Cormac Donal Michael Gerard Seamus Padraig"),
        listed("Siobhan Bridget Niamh Aoife Sinead Mairead Bernadette Orla Ciara Roisin Grainne Kathleen Deirdre"),
        ("O'Brien", "O'Neill", "O'Connor", "O'Sullivan", "Murphy", "Kelly", "Byrne", "Ryan", "Doyle", "McCarthy", "Gallagher", "Brennan", "Fitzgerald",
         "McLoughlin", "Kavanagh"),
        middle=0.5,
    ),
    "welsh": Heritage(
        0.04, listed("Gareth Dafydd Rhys Huw Ieuan Emrys Gwilym Hywel Owain Alun Dylan Aled"),
        listed("Bronwen Carys Cerys Ffion Gwen Nia Rhiannon Sian Angharad Eirlys Menna Mair"),
        ("Davies", "Griffiths", "Llewellyn", "Morgan", "Powell", "Pritchard", "Vaughan", "Bowen", "ap Rhys", "Gwynne", "Prosser"), middle=0.5,
    ),
    "sikh": Heritage(
        0.025, listed("Gurpreet Harjit Jaswinder Manjit Rajinder Sukhdev Balbir Amarjit Kuldip Ranjit Harpreet Baljit Parminder"),
        listed("Gurpreet Harjit Jaswinder Manjit Rajinder Sukhvinder Balbir Amarjit Kuldip Ranjit Harpreet Baljit Parminder Simran"),
        listed("Singh Gill Dhaliwal Sandhu Grewal Sidhu Bains Dhillon Johal"), paired="singh",
    ),
    "muslim": Heritage(
        0.045, listed("Mohammed Muhammad Ahmed Imran Tariq Yusuf Hassan Ali Bilal Usman Faisal Khalid Nadeem Rashid Zubair Shahid Abdul"),
        listed("Fatima Ayesha Nasreen Shabana Rukhsana Zainab Farzana Khadija Saima Parveen Samina Razia Yasmin Nusrat"),
        listed("Khan Hussain Ahmed Ali Iqbal Mahmood Malik Akhtar Rahman Uddin Chowdhury Miah Shah Qureshi Aziz"), paired="begum",
    ),
    "hindu": Heritage(
        0.02, listed("Rajesh Sanjay Vijay Anil Amit Prakash Suresh Nikhil Rohan Dinesh Bharat Kiran"),
        listed("Priya Anita Sunita Meena Kavita Nisha Pooja Rekha Hema Jyoti Bhavna Kiran"),
        listed("Patel Shah Desai Mehta Sharma Gupta Joshi Chauhan Parmar Solanki Mistry"),
    ),
    "polish": Heritage(
        0.03, ("Piotr", "Tomasz", "Krzysztof", "Marcin", "Paweł", "Łukasz", "Andrzej", "Grzegorz", "Jakub", "Michał"),
        ("Agnieszka", "Katarzyna", "Małgorzata", "Joanna", "Ewa", "Magdalena", "Monika", "Aleksandra", "Dorota"),
        ("Kowalski", "Wiśniewski", "Kamiński", "Zieliński", "Nowak", "Wójcik", "Lewandowski", "Szymański",
         "Woźniak", "Dąbrowski"), paired="ska",
    ),
    "african": Heritage(
        0.025, listed("Chinedu Emeka Kwame Kofi Olumide Babatunde Tendai Abdi Samuel Emmanuel Ifeanyi Yaw"),
        listed("Adaeze Ngozi Abena Ama Folasade Chipo Amina Hodan Grace Blessing Ifeoma Akosua"),
        listed("Okafor Adeyemi Mensah Boateng Okonkwo Adebayo Moyo Abdullahi Owusu Nwosu Balogun Ndlovu Osei"), middle=0.3,
    ),
    "chinese": Heritage(
        0.015, ("Wei", "Jun", "Ming", "Chi Keung", "Ka Ho", "Jian", "Xiaoming", "Kwok Wai", "Hao"),
        ("Li Na", "Mei Ling", "Xiu Ying", "Ka Yan", "Yan", "Hui", "Siu Fong", "Jing"), listed("Wong Chan Chen Li Zhang Liu Cheung Lam Ho Ng Yip"),
    ),
    "european": Heritage(
        0.02, ("José", "João", "Andrei", "Luís", "Ionuț", "Mihai", "François", "Jürgen", "Björn"),
        ("María", "Inês", "Elena", "Ioana", "Conceição", "Zoë", "Chloé", "Mónica"),
        ("García", "Gonçalves", "Popescu", "Fernández", "Müller", "da Silva", "van der Berg", "Ionescu", "López", "Núñez"),
    ),
}  # fmt: skip

NICKNAMES: dict[str, tuple[str, ...]] = {
    "David": ("Dave",), "John": ("Jack",), "Michael": ("Mike", "Mick"), "James": ("Jim", "Jamie"), "Andrew": ("Andy",), "Robert": ("Bob", "Rob"),
    "Stephen": ("Steve",), "William": ("Bill", "Will"), "Richard": ("Dick", "Rick"), "Christopher": ("Chris",), "Thomas": ("Tom",),
    "Matthew": ("Matt",), "Daniel": ("Dan", "Danny"), "Peter": ("Pete",), "Anthony": ("Tony",), "Benjamin": ("Ben",), "Samuel": ("Sam",),
    "Joseph": ("Joe",), "Edward": ("Ted", "Ed"), "Alexander": ("Alex",), "Nicholas": ("Nick",), "Philip": ("Phil",), "Kenneth": ("Ken",),
    "Ronald": ("Ron",), "Terence": ("Terry",), "Geoffrey": ("Geoff",), "Raymond": ("Ray",), "Timothy": ("Tim",), "Jonathan": ("Jon",),
    "Susan": ("Sue",), "Margaret": ("Maggie", "Peggy"), "Patricia": ("Pat", "Trish"), "Elizabeth": ("Liz", "Beth"), "Jennifer": ("Jenny",),
    "Christine": ("Chris",), "Catherine": ("Cathy", "Kate"), "Deborah": ("Debbie",), "Rebecca": ("Becky",), "Samantha": ("Sam",),
    "Victoria": ("Vicky",), "Joanne": ("Jo",), "Jacqueline": ("Jackie",), "Katherine": ("Kathy", "Kate"), "Judith": ("Judy",),
    "Alison": ("Ali",), "Amanda": ("Mandy",), "Nicola": ("Nicky",), "Eleanor": ("Ellie",), "Abigail": ("Abby",), "Philippa": ("Pippa",),
    "Mohammed": ("Mohammad", "Mohamed", "Md"), "Muhammad": ("Mohammed", "Mohamad"), "Patrick": ("Pat", "Paddy"), "Katarzyna": ("Kasia",),
    "Małgorzata": ("Gosia",), "Aleksandra": ("Ola",), "Agnieszka": ("Aga",), "Tomasz": ("Tomek",), "Hussain": ("Hussein", "Husain"),
    "Frederick": ("Fred",), "Gregory": ("Greg",), "Jessica": ("Jess",), "Charlotte": ("Lottie",), "Kathleen": ("Kath",),
}  # fmt: skip

HERITAGE_NAMES = tuple(HERITAGES)
HERITAGE_SHARES = tuple(heritage.share for heritage in HERITAGES.values())


def pick_skewed(rng: Random, names: tuple[str, ...]) -> str:
    """Return a name; the first ones of a list are the common ones, as in life."""
    return names[int(len(names) * rng.random() ** 1.6)]


def surname_of(heritage: str, family: str, sex: str) -> str:
    """Return the surname that a man or woman of this family bears."""
    rule = HERITAGES[heritage].paired
    if rule == "ska" and sex == "F" and family.endswith("ski"):
        return family[:-1] + "a"
    if rule == "singh" and family == "Singh" and sex == "F":
        return "Kaur"
    return family


def wife_surname(rng: Random, heritage: str, family: str) -> str:
    """Return a wife's surname: mostly her husband's, at times her own, double-barrelled, or Begum, Bibi, Khatun."""
    rule = HERITAGES[heritage].paired
    if rule == "begum" and rng.random() < 0.55:
        return rng.choice(("Begum", "Bibi", "Khatun", "Begum"))
    if heritage == "chinese":
        return pick_skewed(rng, HERITAGES[heritage].surnames)
    draw = rng.random()
    if draw < 0.16:
        return surname_of(heritage, pick_skewed(rng, HERITAGES[heritage].surnames), "F")
    if draw < 0.21 and heritage in ("british", "scottish", "welsh"):
        return f"{pick_skewed(rng, _BRITISH_SURNAMES)}-{family}"
    return surname_of(heritage, family, "F")
