/**
 * All words that people read, in English and Chinese. A test looks for words outside.
 *
 * `text('key')` gives them in the language at hand; `{0}`, `{1}` stand for what is filled in.
 */

/** @type {Record<string, [string, string]>} */
export const WORDS = {
  'title': ['Westline', 'Westline'],
  'view.control_room': ['Control room', '控制中心'],
  'view.vehicle': ['Vehicle', '车辆'],
  'view.scenario': ['Scenario', '场景'],
  'view.exhibition': ['Exhibition', '展示'],
  'live': ['Live', '实时'],
  'replay': ['Replay', '回放'],
  'pause': ['Pause', '暂停'],
  'play': ['Play', '播放'],
  'step': ['Step 0.1 s', '单步 0.1 秒'],
  'speed': ['Speed', '速度'],
  'speed.reached': ['reached {0}×', '实际 {0}×'],
  'time': ['Time of day', '时刻'],
  'theme': ['Dark or light', '深色或浅色'],
  'language': ['中文', 'English'],
  'link.lost': ['No connection. Trying again …', '连接已断开，正在重试……'],
  'link.wait': ['Waiting for the first picture …', '正在等待画面……'],
  'failed': ['The replay ended early: {0}', '回放提前结束：{0}'],
  'map': ['Map', '地图'],
  'map.help': ['Map. Drag to move, wheel to zoom; a vehicle opens from the list.', '地图：拖动平移，滚轮缩放；从列表中选择车辆。'],
  'map.fit': ['Whole line', '全线'],
  'map.follow': ['Follow', '跟随'],
  'scene': ['View from the vehicle', '车载视角'],
  'scene.chase': ['Behind', '车后'],
  'scene.seat': ['Driver’s seat', '驾驶位'],
  'scene.orbit': ['Free', '自由'],
  'diagram': ['Time and distance', '时距图'],
  'diagram.help': ['Trips over time, planned and driven; stops from bottom to top.', '各班次随时间的位置：计划与实际；车站自下而上。'],
  'diagram.now': ['now', '当前'],
  'fleet': ['Vehicles', '车辆'],
  'fleet.name': ['Vehicle', '车辆'],
  'fleet.mode': ['Mode', '模式'],
  'fleet.doing': ['Doing', '状态'],
  'fleet.next': ['Stop', '车站'],
  'fleet.delay': ['Delay', '晚点'],
  'fleet.load': ['On board', '乘客'],
  'fleet.charge': ['Battery', '电量'],
  'fleet.speed': ['km/h', '公里/时'],
  'fleet.orders': ['Orders', '指令'],
  'stop': ['Stop', '停车'],
  'release': ['Release', '放行'],
  'stop.one': ['Stop {0}', '{0} 停车'],
  'release.one': ['Release {0}', '{0} 放行'],
  'stop.all': ['Stop all', '全部停车'],
  'release.all': ['Release all', '全部放行'],
  'stop.sure': ['Stop all vehicles?', '确定让全部车辆停车？'],
  'yes': ['Yes, stop', '确定停车'],
  'no': ['Cancel', '取消'],
  'alarms': ['Alarms', '告警'],
  'alarms.none': ['Nothing wants attention.', '暂无需要关注的事件。'],
  'acknowledge': ['Acknowledge', '确认'],
  'acknowledged': ['seen', '已确认'],
  'severity.critical': ['Critical', '严重'],
  'severity.warning': ['Warning', '警告'],
  'severity.notice': ['Notice', '提示'],
  'alarm.collided': ['{0} touched somebody', '{0} 发生接触'],
  'alarm.fault_raised': ['{0}: fault ({1})', '{0}：故障（{1}）'],
  'alarm.disrupted': ['{0} does not get on ({1})', '{0} 无法前进（{1}）'],
  'alarm.trip_cancelled': ['Trip {2} cancelled', '班次 {2} 取消'],
  'alarm.stop_ordered': ['{0} ordered to stop', '{0} 已被指令停车'],
  'alarm.left_behind': ['{1} left behind at {3}', '{3} 有 {1} 名乘客未能上车'],
  'fault.sensor': ['sensor', '传感器'],
  'fault.localisation': ['positioning', '定位'],
  'fault.actuator': ['actuator', '执行器'],
  'fault.radio': ['radio', '无线通信'],
  'mode.depot': ['Depot', '车场'],
  'mode.automated': ['Automated', '自动驾驶'],
  'mode.stopping': ['Stopping', '正在停车'],
  'mode.stopped': ['Stopped', '已停车'],
  'mode.fault': ['Fault', '故障'],
  'phase.depot': ['in the depot', '在车场'],
  'phase.resting': ['rests', '休息'],
  'phase.driving': ['drives', '行驶中'],
  'phase.at_stop': ['at the stop', '停站中'],
  'reason.cruise': ['at the limit', '按限速行驶'],
  'reason.curve': ['slows for a curve', '弯道减速'],
  'reason.follow': ['follows traffic', '跟车'],
  'reason.signal': ['minds a light', '遵守信号灯'],
  'reason.yield': ['gives way', '让行'],
  'reason.crossing': ['lets people cross', '礼让行人'],
  'reason.halt': ['pulls up at its stop', '进站停车'],
  'reason.lanechange': ['waits to change lanes', '等待变道'],
  'reason.obstacle': ['minds an obstacle', '避让障碍'],
  'reason.idle': ['no mission', '无任务'],
  'reason.ordered': ['stops as ordered', '按指令停车'],
  'reason.minimalrisk': ['minimal-risk manoeuvre', '最小风险策略'],
  'trips': ['Trips', '班次'],
  'traffic': ['Around', '周围'],
  'waiting': ['{0} waiting', '{0} 人候车'],
  'seconds': ['{0} s', '{0} 秒'],
  'minutes': ['{0} min', '{0} 分'],
  'on.time': ['on time', '正点'],
  'close': ['Close', '关闭'],
  'vehicle.pick': ['Choose a vehicle', '选择车辆'],
  'vehicle.speed': ['Speed, km/h', '速度（公里/时）'],
  'vehicle.wanted': ['wanted', '期望'],
  'vehicle.driven': ['driven', '实际'],
  'vehicle.acceleration': ['Acceleration, m/s²', '加速度（米/秒²）'],
  'vehicle.curves': ['Curves of the last minutes', '近几分钟曲线'],
  'vehicle.along': ['along', '纵向'],
  'vehicle.lateral': ['lateral', '横向'],
  'vehicle.steering': ['Steering, °', '转角（°）'],
  'vehicle.gap': ['Nearest gap', '最近间距'],
  'vehicle.ttc': ['Time to collision', '碰撞时间'],
  'vehicle.odometer': ['Driven', '里程'],
  'vehicle.why': ['Why', '原因'],
  'sensor.break': ['Switch a sensor off', '关闭一个传感器'],
  'sensor.mend': ['Switch it on again', '重新开启传感器'],
  'wind': ['Time of the run', '运行时间'],
  'wind.time': ['Time in the run', '运行时刻'],
  'step.back': ['Back 0.1 s', '后退 0.1 秒'],
  'scenario.file': ['Scenario', '场景'],
  'scenario.open': ['Open files …', '打开文件……'],
  'scenario.open.help': ['Open a scenario (.xosc) with its map and catalogs', '打开场景（.xosc）及其地图与目录'],
  'scenario.opened': ['Opened', '已打开'],
  'scenario.driver': ['Driver', '驾驶者'],
  'scenario.beside': ['Beside it', '对比'],
  'scenario.alone': ['nobody', '无'],
  'scenario.parameters': ['Parameters', '参数'],
  'scenario.run': ['Run', '运行'],
  'scenario.busy': ['Playing …', '正在运行……'],
  'scenario.above': ['{0} from above', '{0} 俯视'],
  'scenario.fit': ['Whole way', '全程'],
  'scenario.axis': ['Measures and storyboard over time', '指标与故事板时间轴'],
  'scenario.storyboard': ['Storyboard', '故事板'],
  'scenario.worst': ['Worst moments', '最差时刻'],
  'scenario.measure': ['Measure', '指标'],
  'scenario.when': ['at', '时刻'],
  'scenario.collision': ['{0} collide at {1} km/h', '{0} 以 {1} 公里/时碰撞'],
  'scenario.no_collision': ['Nobody collides.', '没有碰撞。'],
  'scenario.never': ['never', '从未'],
  'measure.acceleration_mps2': ['Acceleration', '加速度'],
  'measure.deceleration_mps2': ['Deceleration', '减速度'],
  'measure.jerk_mps3': ['Jerk', '冲击度'],
  'measure.lane_departure_m': ['Over the lane’s edge', '越出车道'],
  'measure.lateral_margin_m': ['Room beside', '侧向间距'],
  'measure.post_encroachment_time_s': ['Post-encroachment time', '后侵占时间'],
  'measure.red_light_mps': ['Through a red light', '闯红灯'],
  'measure.required_deceleration_mps2': ['Required deceleration', '所需减速度'],
  'measure.rss_margin_m': ['Beyond the RSS distance', 'RSS 距离余量'],
  'measure.speeding_mps': ['Above the limit', '超速'],
  'measure.stop_line_mps': ['Over a stop line', '越过停止线'],
  'measure.time_headway_s': ['Time headway', '车头时距'],
  'measure.time_to_collision_s': ['Time to collision', '碰撞时间'],
  'condition.none': ['at once', '立即'],
  'condition.and': [' and ', ' 且 '],
  'condition.or': [' or ', ' 或 '],
  'condition.delayed': ['{0}, {1} s later', '{0}，延后 {1} 秒'],
  'condition.time': ['time {0} {1} s', '时间 {0} {1} 秒'],
  'condition.value': ['{0} {1} {2}', '{0} {1} {2}'],
  'condition.time_of_day': ['time of day {0}', '时刻 {0}'],
  'condition.state_standby': ['{0} waits', '{0} 等待'],
  'condition.state_running': ['{0} runs', '{0} 进行中'],
  'condition.state_complete': ['{0} is over', '{0} 结束'],
  'condition.signal': ['signal {0} shows {1}', '信号 {0} 为 {1}'],
  'condition.end_of_road': ['{0} at the end of the road for {1} s', '{0} 在路端 {1} 秒'],
  'condition.collision': ['{0} touches {1}', '{0} 接触 {1}'],
  'condition.offroad': ['{0} off the road for {1} s', '{0} 驶离道路 {1} 秒'],
  'condition.time_headway': ['{0}: headway to {1} {2} {3} s', '{0}：与 {1} 的时距 {2} {3} 秒'],
  'condition.time_to_collision': ['{0}: time to collision with {1} {2} {3} s', '{0}：与 {1} 的碰撞时间 {2} {3} 秒'],
  'condition.time_to_place': ['{0}: time to a place {1} {2} s', '{0}：到达某处时间 {1} {2} 秒'],
  'condition.acceleration': ['{0}: acceleration {1} {2} m/s²', '{0}：加速度 {1} {2} 米/秒²'],
  'condition.stand_still': ['{0} stands for {1} s', '{0} 静止 {1} 秒'],
  'condition.speed': ['{0}: speed {1} {2} m/s', '{0}：速度 {1} {2} 米/秒'],
  'condition.relative_speed': ['{0}: speed against {1} {2} {3} m/s', '{0}：相对 {1} 的速度 {2} {3} 米/秒'],
  'condition.travelled': ['{0} has come {1} m', '{0} 已行驶 {1} 米'],
  'condition.reach': ['{0} within {1} m of a place', '{0} 距某处 {1} 米内'],
  'condition.distance': ['{0}: distance to a place {1} {2} m', '{0}：到某处距离 {1} {2} 米'],
  'condition.relative_distance': ['{0}: distance to {1} {2} {3} m', '{0}：与 {1} 的距离 {2} {3} 米'],
  'condition.clearance': ['{0}: nobody from {1} m behind to {2} m ahead', '{0}：后方 {1} 米至前方 {2} 米无人'],
  'condition.angle': ['{0} turned by {1}°', '{0} 转角 {1}°'],
  'action.speed': ['changes speed', '改变速度'],
  'action.lane': ['changes lane or offset', '变道或偏移'],
  'action.place': ['is set somewhere', '放置'],
  'action.way': ['takes a way', '选择路径'],
  'action.synchronize': ['times itself by another', '与他者同步'],
  'action.controller': ['is handed to a controller', '交给控制器'],
  'action.other': ['something else', '其他'],
  'tour.start': ['Start', '开始'],
  'tour.next': ['Next', '下一步'],
  'tour.back': ['Back', '上一步'],
  'tour.welcome': ['A bus without a driver', '没有司机的公交车'],
  'tour.welcome.text': ['This town, its traffic and its bus line are played live on this machine. Nothing here is a film.', '这座城市、它的交通与公交线路正在本机上实时运行，画面并非录像。'],
  'tour.see': ['What it minds', '它在关注什么'],
  'tour.see.text': ['The bus goes by what its sensors tell it. Right now it {0}.', '车辆依据传感器所见行驶。此刻它正在：{0}。'],
  'tour.line': ['A line that keeps time', '准点的线路'],
  'tour.line.text': ['Each slanted stroke is a trip: thin as planned, bold as driven.', '每条斜线是一个班次：细线为计划，粗线为实际。'],
  'tour.break': ['Break something', '动手试试'],
  'tour.break.text': ['Switch one of its sensors off and see what the bus does.', '关闭一个传感器，看看车辆如何应对。'],
  'tour.stop': ['Or stop it', '或者让它停车'],
  'tour.stop.text': ['The control room can have it stop at any time. It looks for a safe place, and goes on when released.', '控制中心可随时让它停车。它会寻找安全位置停下，放行后继续行驶。'],
};

let language = pick();

function pick() {
  const asked = new URLSearchParams(location.hash.split('?')[1] ?? '').get('language') ?? localStorage.getItem('language');
  if (asked === 'zh' || asked === 'en') return asked;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

/** @returns {string} `en` or `zh` */
export function currentLanguage() {
  return language;
}

/** @param {string} chosen */
export function setLanguage(chosen) {
  language = chosen;
  localStorage.setItem('language', chosen);
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
}

/**
 * @param {string} key @param {...(string|number)} fills
 * @returns {string} the words; the key itself where the catalogue has none, so that a new word of a server is readable
 */
export function text(key, ...fills) {
  const words = WORDS[key]?.[language === 'zh' ? 1 : 0] ?? key;
  return words.replace(/\{(\d)\}/g, (_, index) => String(fills[Number(index)] ?? ''));
}

/** Time of day as hours, minutes and seconds. @param {number} clock_s @returns {string} */
export function clockText(clock_s) {
  const s = Math.max(0, Math.floor(clock_s));
  return [s / 3600, (s % 3600) / 60, s % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');
}

/** A name of a stop in the language at hand: sites write `新桥路 (Xinqiao Road)`. @param {string} name @returns {string} */
export function stopName(name) {
  const both = /^(.*\S)\s*\((.+)\)$/.exec(name);
  return both ? both[language === 'zh' ? 1 : 2] : name;
}

/** @param {number|null} delay_s @returns {string} */
export function delayText(delay_s) {
  if (delay_s === null) return '–';
  if (Math.abs(delay_s) < 30) return text('on.time');
  const sign = delay_s > 0 ? '+' : '−';
  const s = Math.abs(delay_s);
  return sign + (s < 90 ? text('seconds', Math.round(s)) : text('minutes', Math.round(s / 60)));
}
