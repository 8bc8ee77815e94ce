/** Growth: how the cost of one message rises with the number of something, over several scenarios. */

/**
 * The exponent `k` in `cost ~ numberᵏ`, by least squares over logarithms: 0 = it does not matter how many there are, 1 = twice
 * as many cost twice as much. Points are `[number, cost]`, both above 0; undefined for less than two numbers.
 */
export function growthOf(points: readonly (readonly [number, number])[]): number | undefined {
  const logs = points
    .filter(([number, cost]) => number > 0 && cost > 0)
    .map(([number, cost]) => [Math.log(number), Math.log(cost)] as const);
  if (new Set(logs.map(([x]) => x)).size < 2) return undefined;
  const mean = (axis: 0 | 1): number =>
    logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let [covariance, variance] = [0, 0];
  for (const [x, y] of logs) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
}
