import { operatorContract } from '../contracts/operator.ts';
import { operatorUnderTest } from './support/operator.ts';
import { startScene } from './support/scene.ts';

operatorContract(
  operatorUnderTest ? `the operator ${operatorUnderTest}` : 'the stand-in for the operator',
  startScene,
);
