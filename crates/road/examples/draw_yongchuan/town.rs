//! The town as data: its streets by name, kind and course, its water, its stops.
//!
//! Metres east and north of the origin at 29.35 N, 105.89 E. A course is a handful of points that a smooth curve runs
//! through; where two courses cross the streets meet, and a course that ends a little beyond another one ends at it.

/// What a street looks like across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 2+2 and a bus lane each way, green median, bicycles behind a separator.
    BusArterial,
    /// 2+2, green median, bicycles behind a separator.
    Arterial,
    /// 2+2, painted middle, bicycle lanes.
    WideCollector,
    /// 1+1, bicycle lanes.
    Collector,
    /// 1+1, sidewalks only.
    Local,
}

/// A street from one end of its course to the other.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// Its name.
    pub name: &'static str,
    /// Its cross-section.
    pub kind: Kind,
    /// Points of its course.
    pub points: &'static [[f64; 2]],
}

/// All streets but the expressway and its ramps.
pub const COURSES: &[Course] = &[
    // West to east, from the north.
    Course {
        name: "Guangcai Road",
        kind: Kind::WideCollector,
        points: &[
            [-2560.0, 1700.0],
            [-2150.0, 1740.0],
            [-1650.0, 1690.0],
            [-1150.0, 1735.0],
            [-620.0, 1790.0],
            [110.0, 1700.0],
            [410.0, 1650.0],
            [760.0, 1600.0],
            [1330.0, 1590.0],
            [1750.0, 1660.0],
            [2180.0, 1640.0],
        ],
    },
    Course {
        name: "Hongsheng Road",
        kind: Kind::Local,
        points: &[
            [-1200.0, 1430.0],
            [-880.0, 1490.0],
            [-620.0, 1500.0],
            [-280.0, 1440.0],
            [90.0, 1420.0],
        ],
    },
    Course {
        name: "Heshun Avenue",
        kind: Kind::Arterial,
        points: &[
            [-2560.0, 1290.0],
            [-2150.0, 1230.0],
            [-1700.0, 1130.0],
            [-1150.0, 1140.0],
            [-600.0, 1215.0],
            [10.0, 1130.0],
            [420.0, 1075.0],
            [800.0, 1050.0],
            [1350.0, 985.0],
            [1720.0, 960.0],
            [2110.0, 905.0],
            [2560.0, 860.0],
        ],
    },
    Course {
        name: "Xinghu North Road",
        kind: Kind::Collector,
        points: &[
            [-2220.0, 690.0],
            [-1680.0, 770.0],
            [-1150.0, 850.0],
            [-690.0, 850.0],
            [-270.0, 770.0],
            [-30.0, 700.0],
            [220.0, 690.0],
            [430.0, 700.0],
            [640.0, 715.0],
        ],
    },
    Course {
        name: "Yunlong Road",
        kind: Kind::Local,
        points: &[[-90.0, 390.0], [220.0, 370.0], [430.0, 390.0], [640.0, 400.0]],
    },
    Course {
        name: "Xinglong Avenue",
        kind: Kind::BusArterial,
        points: &[
            [-2560.0, 190.0],
            [-2190.0, 150.0],
            [-1630.0, 110.0],
            [-1110.0, 20.0],
            [-580.0, -20.0],
            [-50.0, 40.0],
            [430.0, 110.0],
            [850.0, 130.0],
            [1150.0, 110.0],
        ],
    },
    Course {
        name: "Xinglong East Avenue",
        kind: Kind::Arterial,
        points: &[
            [1150.0, 110.0],
            [1380.0, 95.0],
            [1710.0, 110.0],
            [2085.0, 175.0],
            [2560.0, 290.0],
        ],
    },
    Course {
        name: "Xueyuan Road",
        kind: Kind::Collector,
        points: &[
            [-1640.0, -300.0],
            [-1080.0, -290.0],
            [-560.0, -270.0],
            [-35.0, -290.0],
            [420.0, -290.0],
            [640.0, -340.0],
            [670.0, -760.0],
        ],
    },
    Course {
        name: "Guihua Road",
        kind: Kind::Collector,
        points: &[[1310.0, -320.0], [1700.0, -380.0], [2130.0, -380.0]],
    },
    Course {
        name: "Binhe North Road",
        kind: Kind::Collector,
        points: &[
            [-2560.0, -170.0],
            [-2150.0, -330.0],
            [-1540.0, -600.0],
            [-1060.0, -690.0],
            [-520.0, -580.0],
            [0.0, -540.0],
            [440.0, -650.0],
            [880.0, -800.0],
            [1390.0, -950.0],
            [1720.0, -1000.0],
            [2050.0, -1010.0],
            [2560.0, -1060.0],
        ],
    },
    Course {
        name: "Binhe South Road",
        kind: Kind::Collector,
        points: &[
            [-1570.0, -940.0],
            [-1010.0, -1015.0],
            [-490.0, -920.0],
            [20.0, -900.0],
            [440.0, -1010.0],
            [640.0, -1100.0],
            [690.0, -1510.0],
        ],
    },
    Course {
        name: "Xiangjiang Road",
        kind: Kind::Local,
        points: &[[1250.0, -1240.0], [1640.0, -1360.0], [2130.0, -1340.0]],
    },
    Course {
        name: "Hexie Avenue",
        kind: Kind::Arterial,
        points: &[
            [-2560.0, -1330.0],
            [-2050.0, -1440.0],
            [-1530.0, -1490.0],
            [-1000.0, -1450.0],
            [-480.0, -1370.0],
            [50.0, -1400.0],
            [430.0, -1450.0],
            [930.0, -1500.0],
            [1270.0, -1540.0],
            [1680.0, -1640.0],
            [2085.0, -1670.0],
            [2560.0, -1740.0],
        ],
    },
    Course {
        name: "Keji Road",
        kind: Kind::Collector,
        points: &[
            [-1560.0, -1790.0],
            [-1000.0, -1790.0],
            [-480.0, -1700.0],
            [85.0, -1850.0],
            [490.0, -1890.0],
        ],
    },
    // South to north, from the west.
    Course {
        name: "Changcheng Road",
        kind: Kind::Collector,
        points: &[
            [-2110.0, -420.0],
            [-2140.0, -150.0],
            [-2190.0, 150.0],
            [-2160.0, 690.0],
            [-2120.0, 1230.0],
            [-2150.0, 1790.0],
        ],
    },
    Course {
        name: "Xuefu Avenue",
        kind: Kind::Arterial,
        points: &[
            [-1470.0, -2060.0],
            [-1510.0, -1790.0],
            [-1530.0, -1490.0],
            [-1480.0, -950.0],
            [-1500.0, -620.0],
            [-1580.0, -300.0],
            [-1630.0, 110.0],
            [-1660.0, 770.0],
            [-1700.0, 1130.0],
            [-1650.0, 1690.0],
            [-1600.0, 2060.0],
        ],
    },
    Course {
        name: "Wenchang Road",
        kind: Kind::WideCollector,
        points: &[
            [-1050.0, -760.0],
            [-1060.0, -500.0],
            [-1080.0, -290.0],
            [-1110.0, 20.0],
            [-1190.0, 450.0],
            [-1160.0, 850.0],
            [-1140.0, 1140.0],
            [-1150.0, 1435.0],
            [-1150.0, 1800.0],
        ],
    },
    Course {
        name: "Nanyuan Road",
        kind: Kind::Local,
        points: &[[-1005.0, -1850.0], [-1000.0, -1450.0], [-1010.0, -950.0]],
    },
    Course {
        name: "Huilong Road",
        kind: Kind::Collector,
        points: &[
            [-690.0, 790.0],
            [-640.0, 1010.0],
            [-600.0, 1215.0],
            [-620.0, 1500.0],
            [-620.0, 1850.0],
        ],
    },
    Course {
        name: "Xiangfu Road",
        kind: Kind::Local,
        points: &[[-520.0, -640.0], [-560.0, -270.0], [-580.0, 40.0]],
    },
    Course {
        name: "Tangxi Road",
        kind: Kind::Local,
        points: &[[-480.0, -1770.0], [-480.0, -1370.0], [-490.0, -860.0]],
    },
    Course {
        name: "Xinghu East Road",
        kind: Kind::Collector,
        points: &[[-300.0, -50.0], [-235.0, 200.0], [-210.0, 450.0], [-270.0, 840.0]],
    },
    Course {
        name: "Renmin Avenue",
        kind: Kind::BusArterial,
        points: &[
            [130.0, -2060.0],
            [85.0, -1730.0],
            [50.0, -1400.0],
            [20.0, -900.0],
            [0.0, -540.0],
            [-35.0, -290.0],
            [-50.0, 40.0],
            [-70.0, 390.0],
            [-30.0, 700.0],
            [10.0, 1130.0],
            [60.0, 1420.0],
            [110.0, 1700.0],
            [190.0, 2060.0],
        ],
    },
    Course {
        name: "Jiangnan Lane",
        kind: Kind::Local,
        points: &[[220.0, 320.0], [220.0, 690.0], [225.0, 960.0]],
    },
    Course {
        name: "Chuangxin South Road",
        kind: Kind::Local,
        points: &[[435.0, -1970.0], [425.0, -1600.0], [420.0, -1435.0]],
    },
    Course {
        name: "Chuangxin Road",
        kind: Kind::Collector,
        points: &[
            [420.0, -1465.0],
            [450.0, -1010.0],
            [440.0, -650.0],
            [415.0, -290.0],
            [430.0, 110.0],
            [420.0, 390.0],
            [425.0, 700.0],
            [420.0, 1075.0],
            [410.0, 1720.0],
        ],
    },
    Course {
        name: "Jinlong Road",
        kind: Kind::WideCollector,
        points: &[
            [1395.0, -1020.0],
            [1350.0, -650.0],
            [1360.0, -330.0],
            [1380.0, 95.0],
            [1400.0, 520.0],
            [1350.0, 985.0],
            [1310.0, 1300.0],
            [1330.0, 1660.0],
        ],
    },
    Course {
        name: "Hongqi Road",
        kind: Kind::Local,
        points: &[[1725.0, -1060.0], [1690.0, -700.0], [1700.0, -380.0], [1710.0, 170.0]],
    },
    Course {
        name: "Anjing Road",
        kind: Kind::Local,
        points: &[[1270.0, -1610.0], [1280.0, -1400.0], [1310.0, -1200.0]],
    },
    Course {
        name: "Dongwu Avenue",
        kind: Kind::Arterial,
        points: &[
            [2110.0, -2060.0],
            [2085.0, -1670.0],
            [2060.0, -1340.0],
            [2050.0, -1010.0],
            [2065.0, -380.0],
            [2085.0, 175.0],
            [2130.0, 540.0],
            [2110.0, 905.0],
            [2090.0, 1250.0],
            [2110.0, 1640.0],
            [2170.0, 2060.0],
        ],
    },
    // Side streets between them.
    Course {
        name: "Tuanjie Road",
        kind: Kind::Local,
        points: &[[-2210.0, 1500.0], [-1900.0, 1480.0], [-1610.0, 1450.0]],
    },
    Course {
        name: "Heping Road",
        kind: Kind::Local,
        points: &[[-2210.0, 960.0], [-1900.0, 930.0], [-1610.0, 950.0]],
    },
    Course {
        name: "Yingbin Road",
        kind: Kind::Collector,
        points: &[
            [-2230.0, 430.0],
            [-1900.0, 410.0],
            [-1640.0, 430.0],
            [-1420.0, 440.0],
            [-1130.0, 440.0],
        ],
    },
    Course {
        name: "Xingye Road",
        kind: Kind::Local,
        points: &[
            [-1920.0, 70.0],
            [-1900.0, 410.0],
            [-1895.0, 700.0],
            [-1905.0, 940.0],
            [-1900.0, 1240.0],
        ],
    },
    Course {
        name: "Fumin Road",
        kind: Kind::Local,
        points: &[[-1330.0, -710.0], [-1340.0, -300.0], [-1370.0, 140.0]],
    },
    Course {
        name: "Shixiao Lane",
        kind: Kind::Local,
        points: &[[-1400.0, 0.0], [-1425.0, 440.0], [-1410.0, 870.0], [-1420.0, 1200.0]],
    },
    Course {
        name: "Yongtong Road",
        kind: Kind::Local,
        points: &[[-330.0, 1110.0], [-300.0, 1440.0], [-290.0, 1830.0]],
    },
    Course {
        name: "Minsheng Road",
        kind: Kind::Local,
        points: &[
            [-700.0, 1010.0],
            [-330.0, 960.0],
            [0.0, 920.0],
            [225.0, 900.0],
            [480.0, 905.0],
        ],
    },
    Course {
        name: "Qinglong Lane",
        kind: Kind::Local,
        points: &[[185.0, 130.0], [200.0, -100.0], [190.0, -300.0], [215.0, -680.0]],
    },
    Course {
        name: "Yangguang Road",
        kind: Kind::Local,
        points: &[[-320.0, 80.0], [-300.0, -140.0], [-295.0, -290.0], [-270.0, -640.0]],
    },
    Course {
        name: "Jiefang Road",
        kind: Kind::Local,
        points: &[
            [-1150.0, -130.0],
            [-820.0, -130.0],
            [-570.0, -130.0],
            [-300.0, -140.0],
            [-45.0, -120.0],
            [200.0, -100.0],
            [480.0, -100.0],
        ],
    },
    Course {
        name: "Jianshe Road",
        kind: Kind::Local,
        points: &[[-740.0, -1830.0], [-740.0, -1420.0], [-750.0, -910.0]],
    },
    Course {
        name: "Gongye Road",
        kind: Kind::Local,
        points: &[[-220.0, -1780.0], [-215.0, -1380.0], [-230.0, -850.0]],
    },
    Course {
        name: "Shuanglong Road",
        kind: Kind::Local,
        points: &[
            [-1560.0, -1190.0],
            [-1280.0, -1190.0],
            [-1005.0, -1200.0],
            [-740.0, -1180.0],
            [-485.0, -1140.0],
            [-220.0, -1130.0],
            [30.0, -1140.0],
            [240.0, -1180.0],
            [500.0, -1200.0],
        ],
    },
    Course {
        name: "Lianhe Lane",
        kind: Kind::Local,
        points: &[[245.0, -1470.0], [240.0, -1180.0], [250.0, -900.0]],
    },
    Course {
        name: "Taoyuan Road",
        kind: Kind::Local,
        points: &[[1340.0, 370.0], [1700.0, 350.0], [2180.0, 380.0]],
    },
    Course {
        name: "Xinyuan Road",
        kind: Kind::Local,
        points: &[[1890.0, 420.0], [1890.0, 150.0], [1880.0, -120.0], [1880.0, -430.0]],
    },
    Course {
        name: "Cuiyun Road",
        kind: Kind::Local,
        points: &[[1310.0, -130.0], [1700.0, -130.0], [1880.0, -120.0], [2130.0, -110.0]],
    },
    Course {
        name: "Baihe Road",
        kind: Kind::Local,
        points: &[[1290.0, -660.0], [1545.0, -690.0], [1700.0, -700.0], [2120.0, -700.0]],
    },
    Course {
        name: "Kangfu Road",
        kind: Kind::Local,
        points: &[[1260.0, 1320.0], [1600.0, 1340.0], [2150.0, 1300.0]],
    },
    Course {
        name: "Yulong Road",
        kind: Kind::Local,
        points: &[[1195.0, 40.0], [1190.0, 560.0], [1160.0, 1030.0], [1110.0, 1660.0]],
    },
    Course {
        name: "Cuihu Road",
        kind: Kind::Local,
        points: &[[585.0, 330.0], [585.0, 700.0], [590.0, 1080.0], [580.0, 1690.0]],
    },
    Course {
        name: "Wulong Road",
        kind: Kind::Local,
        points: &[
            [1270.0, -1480.0],
            [1285.0, -1820.0],
            [1680.0, -1900.0],
            [2160.0, -1880.0],
        ],
    },
    Course {
        name: "Yuantong Road",
        kind: Kind::Local,
        points: &[[1680.0, -1300.0], [1680.0, -1640.0], [1680.0, -1960.0]],
    },
];

/// Middle line of the expressway, from the south; its carriageways lie to both sides.
pub const EXPRESSWAY: &[[f64; 2]] = &[
    [960.0, -2120.0],
    [930.0, -1500.0],
    [880.0, -950.0],
    [850.0, -400.0],
    [850.0, 130.0],
    [825.0, 600.0],
    [800.0, 1050.0],
    [750.0, 1600.0],
    [690.0, 2120.0],
];
/// Its name.
pub const EXPRESSWAY_NAME: &str = "Chengyu East Ring Expressway";
/// Arterials that it meets at interchanges.
pub const INTERCHANGES: &[(&str, &str)] = &[
    ("Xinglong Avenue", "Xinglong Interchange"),
    ("Hexie Avenue", "Hexie Interchange"),
];

/// Middle line of the river, and half its width.
pub const RIVER: (&str, f64, &[[f64; 2]]) = (
    "Linjiang River",
    42.0,
    &[
        [-2700.0, -330.0],
        [-2150.0, -500.0],
        [-1490.0, -785.0],
        [-1030.0, -855.0],
        [-500.0, -750.0],
        [10.0, -715.0],
        [440.0, -830.0],
        [900.0, -985.0],
        [1390.0, -1110.0],
        [1720.0, -1170.0],
        [2050.0, -1175.0],
        [2700.0, -1240.0],
    ],
);

/// The lake: middle, half axes.
pub const LAKE: (&str, [f64; 2], [f64; 2]) = ("Xinglong Lake", [-660.0, 430.0], [290.0, 240.0]);

/// The tunnel: the street that it belongs to, its ends east of the origin, its name.
pub const TUNNEL: (&str, [f64; 2], &str) = ("Heshun Avenue", [1500.0, 1905.0], "Leigong Hill Tunnel");

/// The roundabout: the two streets that meet there, radius, lanes, name.
pub const ROUNDABOUT: ([&str; 2], f64, u32, &str) =
    (["Xinglong East Avenue", "Dongwu Avenue"], 36.0, 2, "Dongwu Roundabout");

/// A stop of the line.
#[derive(Clone, Copy, Debug)]
pub struct LineStop {
    /// Its id in the map and in GTFS.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The street it lies on.
    pub street: &'static str,
    /// A place near it.
    pub near: [f64; 2],
    /// It serves traffic along the course as written above (or against it).
    pub is_along: bool,
    /// Length of its kerb.
    pub length_m: f64,
    /// In a lay-by.
    pub is_in_bay: bool,
}

/// The four stops, in the order of the round trip.
pub const STOPS: &[LineStop] = &[
    LineStop {
        id: "S1",
        name: "Keji Road Terminal",
        street: "Chuangxin South Road",
        near: [426.0, -1600.0],
        is_along: true,
        length_m: 34.0,
        is_in_bay: true,
    },
    LineStop {
        id: "S2",
        name: "Xinglong Interchange",
        street: "Xinglong Avenue",
        near: [640.0, 122.0],
        is_along: true,
        length_m: 16.0,
        is_in_bay: false,
    },
    LineStop {
        id: "S3",
        name: "East District Hospital",
        street: "Dongwu Avenue",
        near: [2125.0, 520.0],
        is_along: true,
        length_m: 16.0,
        is_in_bay: false,
    },
    LineStop {
        id: "S4",
        name: "Xinglong Lake",
        street: "Renmin Avenue",
        near: [-62.0, 540.0],
        is_along: false,
        length_m: 16.0,
        is_in_bay: false,
    },
];

/// The school's street, the stretch (north of the origin) where 30 km/h hold, and where its grounds lie.
pub const SCHOOL: (&str, &str, [f64; 2], [[f64; 2]; 2]) = (
    "Wenchang School",
    "Wenchang Road",
    [380.0, 640.0],
    [[-1385.0, 480.0], [-1225.0, 640.0]],
);

/// The hospital's grounds: opposite corners.
pub const HOSPITAL: (&str, [[f64; 2]; 2]) = ("East District Hospital", [[2170.0, 440.0], [2360.0, 650.0]]);

/// Parks and woods: name, middle, half axes.
pub const GREEN: &[(&str, [f64; 2], [f64; 2])] = &[
    ("Xinglong Lake Park", [-660.0, 430.0], [390.0, 340.0]),
    ("Leigong Hill", [1715.0, 870.0], [265.0, 420.0]),
    ("Shennü Lake Wood", [-1950.0, -1050.0], [330.0, 280.0]),
    ("Exhibition Park", [1050.0, 560.0], [95.0, 250.0]),
];
