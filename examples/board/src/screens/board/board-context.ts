import { createContext, useContext } from 'react';
import type { Address } from '../../address.ts';

export type BoardAddress = Extract<Address, { screen: 'board' }>;

/** What all parts of the screen need. */
interface BoardContext {
  /** The screen's address, without the job beside it. */
  address: BoardAddress;
  /** The global id of the pipeline. */
  pipelineId: string;
  /** To be called after each action: follows the pipeline again if it was finished. */
  onAction(): void;
}

export const BoardContext = createContext<BoardContext | undefined>(undefined);

export function useBoard(): BoardContext {
  const context = useContext(BoardContext);
  if (!context) throw new Error('Only for components of the board.');
  return context;
}
