import type { PlatformResult } from '../../api/generated/operations.js';

export type PlatformNow = PlatformResult['platform'];
