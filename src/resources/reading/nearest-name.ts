export { nearestName } from '../../source/nearest-name.ts';
